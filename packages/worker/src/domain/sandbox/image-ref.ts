const part = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const host =
  '(?:localhost|[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)+|[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?=:))(?::[0-9]{1,5})?';
const pattern = new RegExp(
  `^(?:(?<host>${host})/)?(?<path>${part}(?:/${part})*)(?::(?<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?(?:@(?<digest>sha256:[0-9a-f]{64}))?$`,
);

/**
 * The full form of an image reference, `docker.io/library/bash:latest` for `bash`, or undefined
 * when it is none. The tag is dropped beside a digest, which decides alone.
 * See docs/reference/sandbox.md#images.
 */
export function normaliseImageRef(ref: string): string | undefined {
  const groups = ref.length > 512 ? undefined : pattern.exec(ref)?.groups;
  const path = groups?.['path'];
  if (groups === undefined || path === undefined) return undefined;
  const registry = groups['host'] ?? 'docker.io';
  const name = registry === 'docker.io' && !path.includes('/') ? `library/${path}` : path;
  const digest = groups['digest'];
  return `${registry}/${name}${digest === undefined ? `:${groups['tag'] ?? 'latest'}` : `@${digest}`}`;
}

/**
 * Whether a normalised reference is on the list; references are compared exactly.
 * See docs/reference/sandbox.md#images.
 */
export function isImageAllowed(image: string, allowed: readonly string[] | undefined): boolean {
  return allowed === undefined || allowed.some((entry) => normaliseImageRef(entry) === image);
}
