/**
 * The container of a compose service, by the labels that compose gives to all that it makes: neither its file nor its
 * command line is needed.
 */
import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { exitCodes, ToolError } from '../../errors.ts';
import type { Container } from './container.ts';
import type { Engine } from './engine.ts';

const label = {
  service: 'com.docker.compose.service',
  project: 'com.docker.compose.project',
  oneOff: 'com.docker.compose.oneoff',
  files: 'com.docker.compose.project.config_files',
  folder: 'com.docker.compose.project.working_dir',
} as const;

export interface Service {
  readonly service: string;
  readonly project?: string | undefined;
  /** Relative to the working directory. */
  readonly file?: string | undefined;
}

/** @throws ToolError (exit 4) when there is none, or more than one. */
export async function serviceContainer(engine: Engine, { service, project, file }: Service): Promise<Container> {
  const ids = await engine.labelled({
    [label.service]: service,
    ...(project === undefined ? {} : { [label.project]: project }),
  });
  const all = await Promise.all(ids.map((id) => engine.inspect(id)));
  const found = all.filter(
    ({ labels }) => labels[label.oneOff] !== 'True' && (file === undefined || isOf(labels, resolve(file))),
  );
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  const projects = [...new Set(found.map(({ labels }) => labels[label.project] ?? ''))].sort();
  const where = file ?? project;
  const [message, hint] =
    only === undefined
      ? [
          `no container of the service ${service}${where === undefined ? '' : ` of ${where}`}`,
          'start it (docker compose up --detach), or correct the name: docker ps --all',
        ]
      : projects.length > 1
        ? [`the service ${service} is in the projects ${projects.join(' and ')}`, 'say which: project: NAME']
        : [
            `the service ${service} has ${found.length} containers: ${found.map(({ name }) => name).join(', ')}`,
            'a node is one of them: docker: NAME, for each a node',
          ];
  throw new ToolError(message, { code: 'no-service', hint, exitCode: exitCodes.setup });
}

/** Compose of before 2.0 names its files as they were given to it. */
function isOf(labels: Readonly<Record<string, string>>, file: string): boolean {
  const folder = labels[label.folder] ?? '/';
  return (labels[label.files] ?? '').split(',').some((name) => real(resolve(folder, name)) === real(file));
}

/** A shell keeps the name by which one came into a folder, and Node does not. */
function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path; // it is not here, or no more
  }
}
