import { describe, expect, it } from 'vitest';
import { isImageMissing, longestStartMs, reasons } from '../shared/exit-reasons.ts';
import { classifyExit } from './classify-exit.ts';

const call = { code: 0, started: true, wanted: true, ageMs: 500, silent: true, stderr: '' };
const killed = 'Error: OCI runtime error: runc: container /var/lib/x is not running\n';
const lost = "Error: failed to connect to container's attach socket: ";
const alone = 'ERROR (catatonit:1): failed to fork child: Resource temporarily unavailable\n';
const init = (why: string): string => `ERROR (catatonit:6): failed to exec pid1: ${why}\n`;

describe('the end of an engine call', () => {
  it.each([
    [{}, { kind: 'exited', exitCode: 0 }],
    [{ code: 125 }, { kind: 'exited', exitCode: 125 }],
    [
      { code: 127, stderr: 'sh: nope: not found' },
      { kind: 'exited', exitCode: 127 },
    ],
    [{ code: 137 }, { kind: 'exited', exitCode: 137 }],
    [{ code: null }, { kind: 'engine_fault' }],
    [{ code: 126, wanted: false, stderr: killed }, { kind: 'not_wanted' }],
    [
      {
        code: 126,
        wanted: false,
        stderr: `time="2026-11-30T14:07:52Z" level=error msg="cannot start a container that has stopped"\n${killed}`,
      },
      { kind: 'not_wanted' },
    ],
    [{ code: 127, wanted: false, started: false, stderr: killed }, { kind: 'not_wanted' }],
    [
      { code: 126, stderr: killed },
      { kind: 'exited', exitCode: 126 },
    ],
    [
      { code: 126, wanted: false, stderr: 'its own words' },
      { kind: 'exited', exitCode: 126 },
    ],
    [
      { code: 143, wanted: false, stderr: killed },
      { kind: 'exited', exitCode: 143 },
    ],
    [
      { code: 126, wanted: false, silent: false, stderr: killed },
      { kind: 'exited', exitCode: 126 },
    ],
    [{ started: false }, { kind: 'engine_fault' }],
    [
      {
        started: false,
        code: 125,
        stderr:
          'Error: creating container storage: the container name "cynode-sandbox-1" is already in use by 0f. You have to remove that container to be able to reuse that name: that name is already in use',
      },
      { kind: 'name_taken' },
    ],
    [
      { code: 1, stderr: init('No such file or directory') },
      { kind: 'not_started', exitCode: 127, reason: reasons.notFound },
    ],
    [
      { code: 1, stderr: init('Permission denied') },
      { kind: 'not_started', exitCode: 126, reason: reasons.notExecutable },
    ],
    [
      { code: 1, stderr: init('Exec format error') },
      { kind: 'not_started', exitCode: 126, reason: reasons.notExecutable },
    ],
    [
      { code: 1, silent: false, stderr: init('x') },
      { kind: 'exited', exitCode: 1 },
    ],
    [
      { code: 1, stderr: `${init('x')}more` },
      { kind: 'exited', exitCode: 1 },
    ],
    [
      { started: false, code: 127, stderr: 'Error: executable file not found in $PATH' },
      { kind: 'not_started', exitCode: 127, reason: reasons.notFound },
    ],
    [
      { started: false, code: 126, stderr: 'Error: permission denied' },
      { kind: 'not_started', exitCode: 126, reason: reasons.notExecutable },
    ],
    [
      { started: false, code: 125, stderr: 'Error: x: image not known' },
      { kind: 'not_started', exitCode: 125, reason: reasons.imageMissing },
    ],
    [
      { started: false, code: 125, stderr: 'Error: no space left on device' },
      { kind: 'not_started', exitCode: 125, reason: reasons.create },
    ],
    [{ code: 1, stderr: alone }, { kind: 'start_lost' }],
    [
      { code: 1, silent: false, stderr: alone },
      { kind: 'exited', exitCode: 1 },
    ],
    [
      { code: 1, stderr: `${alone}more` },
      { kind: 'exited', exitCode: 1 },
    ],
    ...[
      'runtime/cgo: pthread_create failed: Resource temporarily unavailable\nSIGABRT: abort\n',
      'runtime: failed to create new OS thread (have 5 already; errno=11)\nfatal error: newosproc\n',
      'Error: OCI runtime error: runc: runc create failed: fork/exec /proc/self/exe: resource temporarily unavailable\n',
      'Error: write child: broken pipe: cannot allocate memory\n',
    ].flatMap((stderr) =>
      [null, 1, 2, 125, 126, 127].map((code): [object, object] => [
        { started: false, code, stderr },
        { kind: 'start_lost' },
      ]),
    ),
    [
      { code: 125, stderr: "sh: can't fork: Resource temporarily unavailable\n" },
      { kind: 'exited', exitCode: 125 },
    ],
    [
      { code: 127, stderr: `${lost}/s/attach: no such file or directory\n` },
      { kind: 'not_started', exitCode: 125, reason: reasons.create },
    ],
    [
      { code: 127, silent: false, stderr: lost },
      { kind: 'exited', exitCode: 127 },
    ],
    [
      { code: 1, stderr: lost },
      { kind: 'exited', exitCode: 1 },
    ],
  ])('%j means %j', (ended, verdict) => {
    expect(classifyExit({ ...call, ...ended })).toStrictEqual(verdict);
  });

  const imitations = [
    alone,
    init('Permission denied'),
    init('No space left on device'),
    `${lost}/s/attach: no\n`,
  ];

  it.each(imitations.flatMap((stderr) => [1, 125, 126, 127].map((code) => ({ code, stderr }))))(
    'is of the job itself once it ran longer than any start: $code $stderr',
    ({ code, stderr }) => {
      const ended = { ...call, code, stderr, ageMs: longestStartMs + 1 };
      expect(classifyExit(ended)).toStrictEqual({ kind: 'exited', exitCode: code });
    },
  );

  it.each(imitations)(
    'is of the job itself where it says more than an engine would: %s',
    (stderr) => {
      for (const more of ['x', 'more\n', '\n']) {
        for (const code of [1, 127]) {
          const ended = { ...call, code, stderr: `${stderr}${more}` };
          expect(classifyExit(ended)).toStrictEqual({ kind: 'exited', exitCode: code });
        }
      }
    },
  );

  it('knows the words for a missing image', () => {
    expect(isImageMissing('Error: localhost/x: image not known')).toBe(true);
    expect(isImageMissing('Error: no such image localhost/x')).toBe(true);
    expect(isImageMissing('Error: no space left')).toBe(false);
  });
});
