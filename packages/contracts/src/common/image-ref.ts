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

/** Repository below which a node keeps the images that were made on it. */
export const localRepository = 'localhost/cynode/';

/** A name alone: no registry, no folder, no tag. */
const shortName = new RegExp(`^${part}$`);

/** The name of a variant of the sandbox image, 1 to 63 characters. See docs/reference/sandbox.md#images. */
export function isVariantName(name: string): boolean {
  return name.length <= 63 && shortName.test(name);
}

/** The full form of the image that `cynode image build --name NAME` makes. */
export function variantRef(name: string): string {
  return `${localRepository}${name}:latest`;
}

/** The name of the variant that a full reference means; undefined for any other image. */
export function variantOf(ref: string): string | undefined {
  if (!ref.startsWith(localRepository) || !ref.endsWith(':latest')) return undefined;
  const name = ref.slice(localRepository.length, -':latest'.length);
  return isVariantName(name) ? name : undefined;
}
