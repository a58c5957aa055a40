/** Name of the image that holds nothing but a program that ends well. */
export const probeImage = 'localhost/cynode/probe:latest';

/** Command of the probe image. */
export const probeCommand = '/ok';

/** Number of an ELF machine and two programs in its code. */
interface Machine {
  readonly machine: number;
  /** `exit(0)` */
  readonly idle: string;
  /** Reads and forgets its input to the end, then `exit(0)`. */
  readonly hold: string;
}

/** By Node's name of the architecture. */
const machines: Readonly<Record<string, Machine>> = {
  x64: {
    machine: 62,
    // xor edi, edi; mov eax, 60; syscall
    idle: '31ffb83c0000000f05',
    // again: xor edi, edi; xor eax, eax; lea rsi, [rsp-64]; mov edx, 64; syscall; test rax, rax; jg again; then as above
    hold: '31ff31c0488d7424c0ba400000000f054885c07feb31ffb83c0000000f05',
  },
  arm64: {
    machine: 183,
    // mov x0, #0; mov x8, #93; svc #0
    idle: '000080d2a80b80d2010000d4',
    // again: mov x0, #0; sub x1, sp, #64; mov x2, #64; mov x8, #63; svc #0; cmp x0, #0; b.gt again; then as above
    hold: '000080d2e10301d1020880d2e80780d2010000d41f0000f14cffff54000080d2a80b80d2010000d4',
  },
};

const loadAddress = 0x400000n;
const headerBytes = 64 + 56;

/** A static ELF program for this architecture; undefined where there is none. */
export function tinyProgram(arch: string, kind: 'idle' | 'hold'): Buffer | undefined {
  const target = machines[arch];
  if (target === undefined) return undefined;
  const code = Buffer.from(target[kind], 'hex');
  const head = Buffer.alloc(headerBytes);
  head.write('\u007fELF\u0002\u0001\u0001', 0, 'latin1');
  head.writeUInt16LE(2, 16);
  head.writeUInt16LE(target.machine, 18);
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
  const program = tinyProgram(arch, 'idle');
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
