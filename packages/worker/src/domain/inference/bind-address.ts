const wildcards = new Set(['0.0.0.0', '::']);

/** An address in the form URLs and port mappings want it. */
export function bracketed(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}

/** Where the node itself reaches what is published on an address. */
export function reachableAt(address: string): string {
  if (!wildcards.has(address)) return address;
  return address === '::' ? '::1' : '127.0.0.1';
}

const privateRanges = [
  /^127\./,
  /^10\./,
  /^192\.168\./,
  /^172\.(?:1[6-9]|2\d|3[01])\./,
  /^169\.254\./,
  /^::1$/,
  /^f[cd][0-9a-f]{2}:/i,
  /^fe[89ab][0-9a-f]:/i,
];

/**
 * Whether others than this machine and its private networks may reach what is published on an
 * address. See docs/reference/inference.md#model-service-of-a-node.
 */
export function isExposed(address: string): boolean {
  return wildcards.has(address) || !privateRanges.some((range) => range.test(address));
}
