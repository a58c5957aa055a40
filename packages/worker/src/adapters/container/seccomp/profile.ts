import { WorkerError } from '../../../domain/errors.ts';
import { type Argument, type CallGroup, systemCalls } from './system-calls.ts';

/** Names of the architectures in a profile, by Node's own. */
const architectures: Readonly<Record<string, string>> = {
  x64: 'SCMP_ARCH_X86_64',
  arm64: 'SCMP_ARCH_AARCH64',
};

const refusal = { action: 'SCMP_ACT_ERRNO', errnoRet: 1 } as const;
const absence = { action: 'SCMP_ACT_ERRNO', errnoRet: 38 } as const;
const answers = { allowed: { action: 'SCMP_ACT_ALLOW' }, refused: refusal, absent: absence };

function argument({ index, equals, mask }: Argument): object {
  return mask === undefined
    ? { index, value: equals, valueTwo: 0, op: 'SCMP_CMP_EQ' }
    : { index, value: mask, valueTwo: equals, op: 'SCMP_CMP_MASKED_EQ' };
}

function entries({ answer, names, onlyIf }: CallGroup): object[] {
  const entry = { names: names.split(/\s+/), ...answers[answer] };
  return onlyIf === undefined
    ? [entry]
    : onlyIf.map((args) => ({ ...entry, args: args.map((one) => argument(one)) }));
}

/**
 * The one seccomp profile of all sandboxes, as JSON that Podman and Docker read alike. It names the machine's own
 * architecture and no other that the processor also runs: whoever calls by the numbers of another one, such as 32-bit
 * `socketcall`, whose arguments no filter can see, is killed. See docs/reference/sandbox.md#system-calls.
 * @throws WorkerError `engine_unusable` for an architecture the product does not know
 */
export function seccompProfile(arch: string): string {
  const architecture = architectures[arch];
  if (architecture === undefined) {
    const message = `there is no seccomp profile for ${arch}; sandboxes need a machine of amd64 or arm64`;
    throw new WorkerError('engine_unusable', message);
  }
  return JSON.stringify({
    defaultAction: absence.action,
    defaultErrnoRet: absence.errnoRet,
    architectures: [architecture],
    syscalls: systemCalls.flatMap((group) => entries(group)),
  });
}
