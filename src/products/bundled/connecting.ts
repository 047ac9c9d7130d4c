/** How the clients that people have at hand are told to reach a cluster that wants TLS or a login. */

/** What a client must bring. */
export interface Access {
  /** As most clients call it: their `security.protocol`. */
  readonly protocol: 'PLAINTEXT' | 'SSL' | 'SASL_PLAINTEXT' | 'SASL_SSL';
  /** The file of the certificate that clients are to trust, where they do not know it. */
  readonly ca?: string;
  readonly users: readonly string[];
}

/** Stands for the password: the screen is no place for it. */
const password = 'PASSWORD';

/** By PLAIN, because librdkafka before 2.6.1 cannot do SCRAM with a server that checks it. */
export function kcatOptions({ protocol, ca, users: [user] }: Access): string {
  if (protocol === 'PLAINTEXT') return '';
  return [
    ` -X security.protocol=${protocol}`,
    ...(ca === undefined ? [] : [`-X ssl.ca.location=${ca}`]),
    ...(user === undefined ? [] : [`-X sasl.mechanism=PLAIN -X sasl.username=${user} -X sasl.password=${password}`]),
  ].join(' ');
}

/** Properties for the Java client, and settings for kafkajs; nothing where a client needs nothing. */
export function otherClientsLines(access: Access): string[] {
  return access.protocol === 'PLAINTEXT' ? [] : [...javaLines(access), ...kafkajsLines(access)];
}

function javaLines({ protocol, ca, users: [user] }: Access): string[] {
  const module = 'org.apache.kafka.common.security.scram.ScramLoginModule';
  return titled('Java', [
    `security.protocol=${protocol}`,
    ...(ca === undefined ? [] : ['ssl.truststore.type=PEM', `ssl.truststore.location=${ca}`]),
    ...(user === undefined
      ? []
      : [
          'sasl.mechanism=SCRAM-SHA-512',
          `sasl.jaas.config=${module} required username="${user}" password="${password}";`,
        ]),
  ]);
}

function kafkajsLines({ protocol, ca, users: [user] }: Access): string[] {
  return titled('kafkajs', [
    ...(protocol === 'SASL_PLAINTEXT'
      ? []
      : [ca === undefined ? 'ssl: true,' : `ssl: { ca: [readFileSync('${ca}')] },`]),
    ...(user === undefined
      ? []
      : [`sasl: { mechanism: 'scram-sha-512', username: '${user}', password: '${password}' },`]),
  ]);
}

function titled(title: string, lines: readonly string[]): string[] {
  return [...lines.map((line, index) => `  ${(index === 0 ? title : '').padEnd(8)} ${line}`)];
}
