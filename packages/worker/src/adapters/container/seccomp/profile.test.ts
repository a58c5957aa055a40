import { parseJson } from '@cynodeai/runtime/std';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { seccompProfile } from './profile.ts';
import { systemCalls } from './system-calls.ts';

const profileSchema = z.strictObject({
  defaultAction: z.literal('SCMP_ACT_ERRNO'),
  defaultErrnoRet: z.literal(38),
  architectures: z.array(z.string()),
  syscalls: z.array(
    z.strictObject({
      names: z.array(z.string().regex(/^[a-z_][a-z0-9_]+$/)).min(1),
      action: z.enum(['SCMP_ACT_ALLOW', 'SCMP_ACT_ERRNO']),
      errnoRet: z.literal([1, 38]).optional(),
      args: z.array(z.unknown()).optional(),
    }),
  ),
});

const profile = profileSchema.parse(parseJson(seccompProfile('x64')));

function entriesOf(name: string) {
  return profile.syscalls.filter(({ names }) => names.includes(name));
}

it('gives every system call one place', () => {
  const names = systemCalls.flatMap((group) => group.names.split(/\s+/));
  expect(names.toSorted()).toStrictEqual([...new Set(names)].toSorted());
});

it.each(
  [
    'unshare setns mount umount2 move_mount open_tree fsopen fsmount fsconfig fspick mount_setattr pivot_root',
    'keyctl add_key request_key bpf perf_event_open userfaultfd kexec_load init_module finit_module',
  ].flatMap((names) => names.split(' ')),
)('refuses %s whatever its arguments (REQ-WORKER-0251)', (name) => {
  expect(entriesOf(name)).toMatchObject([{ action: 'SCMP_ACT_ERRNO', errnoRet: 1 }]);
  expect(entriesOf(name)[0]).not.toHaveProperty('args');
});

it.each(['clone3', 'io_uring_setup', 'io_uring_enter', 'io_uring_register'])(
  'answers %s as a kernel without it, so that libraries go another way',
  (name) => {
    expect(entriesOf(name)).toMatchObject([{ action: 'SCMP_ACT_ERRNO', errnoRet: 38 }]);
  },
);

it('looks at the arguments of clone, socket, socketpair and personality', () => {
  const argument = (index: number, value: number) => ({
    index,
    value,
    valueTwo: 0,
    op: 'SCMP_CMP_EQ',
  });
  expect(entriesOf('clone').map(({ args }) => args)).toStrictEqual([
    [{ index: 0, value: 0x7e_02_00_00, valueTwo: 0, op: 'SCMP_CMP_MASKED_EQ' }],
  ]);
  for (const name of ['socket', 'socketpair']) {
    expect(entriesOf(name).map(({ args }) => args)).toStrictEqual([
      [argument(0, 1)],
      ...[2, 10].flatMap((family) =>
        [0, 1, 6, 17, 58].map((protocol) => [argument(0, family), argument(2, protocol)]),
      ),
      [argument(0, 16), argument(2, 0)],
    ]);
  }
  expect(entriesOf('personality')).toHaveLength(5);
});

it('is for the architecture of the machine alone, and refuses to be for an unknown one', () => {
  expect(profile.architectures).toStrictEqual(['SCMP_ARCH_X86_64']);
  expect(parseJson(seccompProfile('arm64'))).toMatchObject({
    architectures: ['SCMP_ARCH_AARCH64'],
  });
  expect(() => seccompProfile('riscv64')).toThrow('there is no seccomp profile for riscv64');
});
