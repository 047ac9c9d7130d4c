/** What the docker command line says when it cannot do what it is told, in the words of Docker 20 and 28. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Engine, engineHere } from '../../src/cluster/containers/engine.ts';

let folder: string;
const { PATH } = process.env;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mqchaos-engine-'));
});
afterEach(() => {
  process.env.PATH = PATH;
  rmSync(folder, { recursive: true });
});

function saying(text: string, code = 1): Engine {
  const script = `#!/bin/sh\ncat >&2 <<'end'\n${text}\nend\nexit ${code}\n`;
  writeFileSync(join(folder, 'docker'), script, { mode: 0o755 });
  process.env.PATH = `${folder}:${PATH}`;
  return new Engine(engineHere());
}

it.each([
  [
    'permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock: dial unix /var/run/docker.sock: connect: permission denied',
    { code: 'docker-permission', hint: expect.stringContaining('usermod -aG docker') },
  ],
  [
    'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?',
    { code: 'docker-silent', hint: expect.stringContaining('DOCKER_HOST') },
  ],
  [
    'Error response from daemon: OCI runtime create failed: exec: "/start.sh": permission denied: unknown',
    { code: 'docker-refused', message: expect.stringContaining('"/start.sh": permission denied') },
  ],
  ['[]\nError: No such container: one', { code: 'container-missing' }],
  [
    'Error response from daemon: No such container: one',
    { code: 'container-missing', message: 'No such container: one' },
  ],
  [
    'Error response from daemon: user specified IP address is supported only when connecting to networks with user configured subnets',
    { code: 'docker-refused', message: expect.stringContaining('docker inspect --type: user specified IP address') },
  ],
])('%s', async (said, told) => {
  await expect(saying(said).inspect('one')).rejects.toMatchObject({ ...told, exitCode: 4 });
});

it('an answer that is not understood, and a docker that there is not', async () => {
  await expect(saying('', 0).inspect('one')).rejects.toMatchObject({ code: 'docker-not-understood', exitCode: 4 });
  process.env.PATH = join(folder, 'nowhere');
  await expect(new Engine(engineHere()).inspect('one')).rejects.toMatchObject({
    ...{ code: 'docker-missing', exitCode: 4 },
    message: 'docker is not on the PATH',
  });
});

it('is the one of the environment in which it was reached, from whatever environment later', async () => {
  const there = engineHere({ DOCKER_HOST: 'ssh://there', DOCKER_CONTEXT: 'test' });
  const script = '#!/bin/sh\necho "$DOCKER_HOST $DOCKER_CONTEXT $DOCKER_TLS_VERIFY."\n';
  writeFileSync(join(folder, 'docker'), script, { mode: 0o755 });
  Object.assign(process.env, { PATH: `${folder}:${PATH}`, DOCKER_TLS_VERIFY: '1' });
  try {
    expect(await new Engine(there).order(['version'])).toBe('ssh://there test .');
  } finally {
    delete process.env.DOCKER_TLS_VERIFY;
  }
});
