import { type Findings, type Request, decidePath } from '../../src/domain/decide-path.ts';
import { lackOfRoom, roomNeeded } from '../../src/domain/room.ts';
import { checkPublishing, checkWay } from '../../src/doctor/engine-check.ts';
import { checkPrograms } from '../../src/doctor/machine-checks.ts';
import { doctorText } from '../../src/commands/doctor.ts';
import { statusText } from '../../src/commands/status.ts';
import { lossText } from '../../src/stack/offer-restart.ts';

const hostUrl = 'http://127.0.0.1:11434';
const named = 'http://gpu-host:11434';
const stored = { image: 'docker.io/ollama/ollama', hasImage: false, hasModel: false };
const nothing: Findings = {
  hostUrl,
  host: undefined,
  named: undefined,
  stored,
  canDownload: false,
};
const empty = (url: string) => ({ url, version: '0.32.0', models: [] });

/** What a start says of a choice of inference. */
function decided(findings: Partial<Findings>, choice: Request['choice'] = 'auto'): string {
  const decision = decidePath({ choice, mayAsk: false }, { ...nothing, ...findings });
  switch (decision.kind) {
    case 'take':
      return `takes ${decision.path.kind}: ${decision.note ?? ''}`;
    case 'offer':
      return `offers a ${decision.gets}`;
    case 'refuse':
      return `refuses: ${decision.reason}`;
  }
}

/** What a host without any program is told by doctor. */
function bareHost(engine: 'podman' | 'docker', unifiedCgroups: boolean): string {
  const host = { unifiedCgroups, asRoot: true, find: () => undefined };
  return doctorText(checkPrograms(engine, host));
}

const way = (wayObstacle: string): string => JSON.stringify({ facts: { wayObstacle } });
const publishing = (publishObstacle: string): string => JSON.stringify({ publishObstacle });
const gib = 1024 ** 3;

/** What is said where no test can lead the program to without changing the machine. One line each, as far as it goes. */
export const sayings: Readonly<Record<string, () => string>> = {
  'start: nothing to answer prompts': () => decided({}),
  'start: an Ollama here without a model': () => decided({ host: empty(hostUrl) }),
  'start: nothing answers at the named address': () =>
    decided({ named: { url: named, look: { kind: 'silent', why: 'connection refused' } } }),
  'start: something else at the named address': () =>
    decided({
      named: {
        url: named,
        look: { kind: 'other', what: "speaks OpenAI's protocol but not Ollama's" },
      },
    }),
  'start: a named Ollama without a model': () =>
    decided({ named: { url: named, look: { kind: 'ollama', found: empty(named) } } }),
  'start: an Ollama is demanded and there is none': () => decided({}, 'ollama'),
  'start: an Ollama is demanded and has no model': () =>
    decided({ host: empty(hostUrl) }, 'ollama'),
  'start: no room for a first start': () =>
    `${lackOfRoom({ directory: '/home/me/.local/state/cynode', freeMib: 180.5, parts: roomNeeded({ database: false, image: false }) })}`,
  'start: no room for a later start': () =>
    `${lackOfRoom({ directory: '/home/me/.local/state/cynode', freeMib: 3, parts: roomNeeded({ database: true, image: true }) })}`,
  'restart: nothing runs': () => lossText(0),
  'restart: jobs run': () => lossText(3),
  'restart: nobody can tell': () => lossText(undefined),
  'doctor: a bare host with cgroups of version 2': () => bareHost('podman', true),
  'doctor: a bare host with older cgroups': () => bareHost('podman', false),
  'doctor: a bare host, told to use Docker': () => bareHost('docker', true),
  'doctor: no way to a model from sandboxes': () =>
    doctorText(checkWay(way('the engine has no user namespace to join'))),
  'doctor: a user of Podman 5 without pasta': () =>
    doctorText(
      checkPublishing(
        publishing(
          'a rootless Podman publishes ports by pasta or slirp4netns; install the package passt',
        ),
      ),
    ),
  'doctor: root with Podman 5 without nft': () =>
    doctorText(
      checkPublishing(publishing('Podman publishes ports by netavark and nft; install nftables')),
    ),
  'status: disks fill up': () =>
    statusText({ state: 'stopped', outdated: false, roles: [], servers: [] }, undefined, [
      { directory: '/srv/cynode', device: 1, usedShare: 0.87, freeBytes: 9 * gib, state: 'tight' },
      { directory: '/var/lib', device: 2, usedShare: 0.97, freeBytes: gib, state: 'full' },
    ]),
};
