/** A distribution that can be fetched: the jars that it is made of, each pinned by version and checksum. */
export interface Distribution {
  readonly name: string;
  readonly version: string;
  /** `GROUP:ARTIFACT:VERSION[:CLASSIFIER] SHA-256`, all there are: nothing is resolved beyond them. */
  readonly artifacts: readonly string[];
}

export interface Artifact {
  readonly group: string;
  readonly artifact: string;
  readonly version: string;
  readonly classifier?: string;
  /** Its name in `libs`. */
  readonly jar: string;
  readonly sha256: string;
}

export function artifactsOf({ artifacts }: Distribution): Artifact[] {
  return artifacts.map((row) => {
    const [coordinates = '', sha256 = ''] = row.split(' ');
    const [group = '', artifact = '', version = '', classifier] = coordinates.split(':');
    const jar = `${[artifact, version, ...(classifier === undefined ? [] : [classifier])].join('-')}.jar`;
    return { group, artifact, version, ...(classifier === undefined ? {} : { classifier }), jar, sha256 };
  });
}
