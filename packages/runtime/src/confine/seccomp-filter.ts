import { type SyscallTable, common } from './syscalls.ts';

const load = 0x20;
const jumpIfEqual = 0x15;
const jumpIfAtLeast = 0x35;
const jumpIfAnySet = 0x45;
const give = 0x06;

/** Where things stand in `struct seccomp_data`. */
const at = { number: 0, architecture: 4, firstArgument: 16 } as const;
const allow = 0x7f_ff_00_00;
const failWith = (errno: number): number => 0x00_05_00_00 + errno;
const eperm = 1;
const enosys = 38;
const eafnosupport = 97;

/** Bits of `clone` that make a namespace. */
const namespaceFlags = 0x7e_02_00_00;
/** AF_UNIX, AF_INET, AF_INET6, AF_NETLINK. */
const families = [1, 2, 10, 16];

type Instruction = readonly [code: number, ifTrue: number, ifFalse: number, value: number];

const only = (code: number, value: number): Instruction => [code, 0, 0, value];
/** What follows is skipped unless the accumulator is `value`. */
const whenEqual = (value: number, skipped: number): Instruction => [jumpIfEqual, 0, skipped, value];

/**
 * A program of the kernel's packet filter that refuses what no server of ours needs and allows the rest: a process
 * that was taken over finds a smaller kernel. Sockets of four families only; no namespaces. See seccomp(2).
 * @returns its instructions, 8 bytes each
 */
export function seccompFilter(table: SyscallTable): Buffer {
  const refuse = only(give, failWith(eperm));
  const program: Instruction[] = [
    only(load, at.architecture),
    [jumpIfEqual, 1, 0, table.audit],
    refuse,
    only(load, at.number),
    ...(table.foreignFrom === undefined
      ? []
      : [[jumpIfAtLeast, 0, 1, table.foreignFrom] as const, refuse]),
    ...table.refused.flatMap((number) => [whenEqual(number, 1), refuse]),
    // glibc takes clone instead, whose flags can be seen here.
    whenEqual(common.clone3, 1),
    only(give, failWith(enosys)),
    whenEqual(table.clone, 4),
    only(load, at.firstArgument),
    [jumpIfAnySet, 0, 1, namespaceFlags],
    refuse,
    only(load, at.number),
    whenEqual(table.socket, families.length + 2),
    only(load, at.firstArgument),
    ...families.map((family, index): Instruction => [
      jumpIfEqual,
      families.length - index,
      0,
      family,
    ]),
    only(give, failWith(eafnosupport)),
    only(give, allow),
  ];
  const bytes = Buffer.alloc(program.length * 8);
  for (const [index, [code, ifTrue, ifFalse, value]] of program.entries()) {
    bytes.writeUInt16LE(code, index * 8);
    bytes.writeUInt8(ifTrue, index * 8 + 2);
    bytes.writeUInt8(ifFalse, index * 8 + 3);
    bytes.writeUInt32LE(value, index * 8 + 4);
  }
  return bytes;
}
