/** Files that run a profile in CI and keep what it leaves, also when it is red. */
import { packageVersion } from '../cluster/program.ts';
import type { Found } from './found.ts';

export const ciServers = ['github', 'gitlab', 'jenkins'] as const;
export type CiServer = (typeof ciServers)[number];

interface CiFile {
  /** Where the server looks for it. */
  readonly path: string;
  text(request: CiRequest): string;
}

export interface CiRequest {
  readonly found: Found;
  /** The profile's file. */
  readonly profile: string;
  /** The package here depends on mqchaos, so that `npm ci` brings it. */
  readonly depends: boolean;
}

export const ciFiles: Readonly<Record<CiServer, CiFile>> = {
  github: { path: '.github/workflows/mqchaos.yml', text: github },
  gitlab: { path: '.gitlab-ci.yml', text: gitlab },
  jenkins: { path: 'Jenkinsfile', text: jenkins },
};

/** Shell lines that bring what the run needs, and the run itself. */
function commands({ found, profile, depends }: CiRequest, sudo: string): string[] {
  const tool = depends ? 'npx mqchaos' : `npx --yes mqchaos@${packageVersion}`;
  const own = depends ? ['npm ci'] : [];
  const run = `${tool} run ${profile}`;
  const { product, address, compose } = found;
  if (compose !== undefined) return [...own, `docker compose --file ${compose} up --detach --wait`, run];
  if (address !== undefined) return [...own, run];
  const { packages = [] } = product.starter ?? {};
  return [
    ...own,
    ...(packages.length === 0
      ? []
      : [`${sudo}apt-get update`, `${sudo}apt-get install --yes --no-install-recommends ${packages.join(' ')}`]),
    ...(product.distribution === undefined ? [] : [`${tool} fetch ${product.name}`]),
    run,
  ];
}

/** What nobody but the reader can know. */
function remark({ found: { address, compose } }: CiRequest, comment: string): string[] {
  if (address === undefined || compose !== undefined) return [];
  return [`${comment} The job must reach ${address}: start the broker before, or give its address in the profile.`];
}

function github(request: CiRequest): string {
  return `${[
    'name: mqchaos',
    'on: [push, workflow_dispatch]',
    '',
    'jobs:',
    '  mqchaos:',
    '    runs-on: ubuntu-latest',
    '    timeout-minutes: 20',
    '    steps:',
    '      - uses: actions/checkout@v4',
    '      - uses: actions/setup-node@v4',
    '        with: { node-version: 22 }',
    ...remark(request, '      #'),
    ...commands(request, 'sudo ').map((line) => `      - run: ${line}`),
    '      # the evidence, also of a run that failed: the folder begins with a dot, which is left out otherwise',
    '      - uses: actions/upload-artifact@v4',
    '        if: always()',
    '        with: { name: mqchaos, path: .mqchaos, include-hidden-files: true }',
  ].join('\n')}\n`;
}

function gitlab(request: CiRequest): string {
  return `${[
    'mqchaos:',
    '  image: node:22-bookworm',
    '  timeout: 20 minutes',
    ...remark(request, '  #'),
    ...(request.found.compose === undefined ? [] : ['  # The job needs a runner with docker compose.']),
    '  script:',
    ...commands(request, '').map((line) => `    - ${line}`),
    '  artifacts:',
    '    when: always # the evidence, also of a run that failed',
    '    paths: [.mqchaos/]',
    '    reports:',
    '      junit: .mqchaos/runs/*/junit.xml',
  ].join('\n')}\n`;
}

function jenkins(request: CiRequest): string {
  return `${[
    'pipeline {',
    '  agent any // with Node 20.19 or newer',
    '  options { timeout(time: 20, unit: "MINUTES") }',
    '  stages {',
    '    stage("mqchaos") {',
    '      steps {',
    ...remark(request, '        //'),
    ...commands(request, 'sudo ').map((line) => `        sh '${line}'`),
    '      }',
    '    }',
    '  }',
    '  post {',
    '    always { // the evidence, also of a run that failed',
    "      junit '.mqchaos/runs/*/junit.xml'",
    "      archiveArtifacts artifacts: '.mqchaos/**', allowEmptyArchive: true",
    '    }',
    '  }',
    '}',
  ].join('\n')}\n`;
}
