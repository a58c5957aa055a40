/**
 * Name of the image that holds nothing but a program that ends well where its system calls are filtered. The number
 * changes with the program: a storage may have the image of an older one.
 */
export const probeImage = 'localhost/cynode/probe:2';

/** Command of the probe image. */
export const probeCommand = '/ok';

/** Exit code of the probe that was let make a namespace of its own. */
export const unfilteredExitCode = 1;

/** Number of an ELF machine and two programs in its code. */
interface Machine {
  readonly machine: number;
  /** `exit(unshare(0) != -EPERM)`: without a filter the kernel has nothing against that call. */
  readonly probe: string;
  /** Reads and forgets its input to the end, then `exit(0)`. */
  readonly hold: string;
}

/** By Node's name of the architecture. */
const machines: Readonly<Record<string, Machine>> = {
  x64: {
    machine: 62,
    // xor edi, edi; mov eax, 272; syscall; xor edi, edi; inc eax; setne dil; mov eax, 60; syscall
    probe: '31ffb8100100000f0531ffffc0400f95c7b83c0000000f05',
    // again: xor edi, edi; xor eax, eax; lea rsi, [rsp-64]; mov edx, 64; syscall; test rax, rax; jg again; xor edi, edi;
    // mov eax, 60; syscall
    hold: '31ff31c0488d7424c0ba400000000f054885c07feb31ffb83c0000000f05',
  },
  arm64: {
    machine: 183,
    // mov x0, #0; mov x8, #97; svc #0; adds x0, x0, #1; cset x0, ne; mov x8, #93; svc #0
    probe: '000080d2280c80d2010000d4000400b1e0079f9aa80b80d2010000d4',
    // again: mov x0, #0; sub x1, sp, #64; mov x2, #64; mov x8, #63; svc #0; cmp x0, #0; b.gt again; mov x0, #0;
    // mov x8, #93; svc #0
    hold: '000080d2e10301d1020880d2e80780d2010000d41f0000f14cffff54000080d2a80b80d2010000d4',
  },
};

const loadAddress = 0x400000n;
const headerBytes = 64 + 56;

/** Where the code of a program begins when it runs. */
export const entryAddress = Number(loadAddress) + headerBytes;

/** A static ELF program for this architecture; undefined where there is none. */
export function tinyProgram(arch: string, kind: 'probe' | 'hold'): Buffer | undefined {
  const target = machines[arch];
  return target && elfProgram(target.machine, Buffer.from(target[kind], 'hex'));
}

/** A static ELF program that is nothing but this code, for a machine by its ELF number. */
export function elfProgram(machine: number, code: Buffer): Buffer {
  const head = Buffer.alloc(headerBytes);
  head.write('\u007fELF\u0002\u0001\u0001', 0, 'latin1');
  head.writeUInt16LE(2, 16);
  head.writeUInt16LE(machine, 18);
  head.writeUInt32LE(1, 20);
  head.writeBigUInt64LE(loadAddress + BigInt(headerBytes), 24);
  head.writeBigUInt64LE(64n, 32);
  head.writeUInt16LE(64, 52);
  head.writeUInt16LE(56, 54);
  head.writeUInt16LE(1, 56);
  head.writeUInt32LE(1, 64);
  head.writeUInt32LE(5, 68);
  head.writeBigUInt64LE(loadAddress, 80);
  head.writeBigUInt64LE(loadAddress, 88);
  const total = BigInt(headerBytes + code.length);
  head.writeBigUInt64LE(total, 96);
  head.writeBigUInt64LE(total, 104);
  head.writeBigUInt64LE(0x1000n, 112);
  return Buffer.concat([head, code]);
}

/** A tar archive with one executable file in its root. */
export function tarOf(name: string, content: Buffer): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write('0000755\u00000000000\u00000000000\u0000', 100);
  header.write(`${content.length.toString(8).padStart(11, '0')}\u0000`, 124);
  header.write('00000000000\u0000', 136);
  header.write('        0', 148);
  header.write('ustar\u000000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\u0000 `, 148);
  const padding = Buffer.alloc((512 - (content.length % 512)) % 512);
  return Buffer.concat([header, content, padding, Buffer.alloc(1024)]);
}

/** The probe image as an archive for `import`; undefined on an architecture without a program. */
export function probeArchive(arch: string): Buffer | undefined {
  const program = tinyProgram(arch, 'probe');
  return program && tarOf(probeCommand.slice(1), program);
}

/** Name of the image that holds nothing but a program that lasts as long as its standard input. */
export const holderImage = 'localhost/cynode/holder:latest';

/** Command of the holder image. */
export const holderCommand = '/hold';

/** The holder image as an archive for `import`; undefined on an architecture without a program. */
export function holderArchive(arch: string): Buffer | undefined {
  const program = tinyProgram(arch, 'hold');
  return program && tarOf(holderCommand.slice(1), program);
}
