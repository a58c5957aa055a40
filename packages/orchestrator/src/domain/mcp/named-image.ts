import { normaliseImageRef } from '@cynodeai/contracts/common';

/** An image as the registry keeps it. */
export interface NamedImage {
  readonly name: string;
  /** Tag, or digest where that decides. */
  readonly version: string;
  readonly ref: string;
  readonly digest: string | undefined;
}

/** The full form of an image with its name, which is its repository unless another is given. */
export function imageNamed(given: string, name: string | undefined): NamedImage {
  const ref = normaliseImageRef(given) ?? given;
  const [tagged = ref, digest] = ref.split('@');
  const colon = digest === undefined ? tagged.lastIndexOf(':') : tagged.length;
  return {
    name: name ?? tagged.slice(0, colon),
    version: digest ?? tagged.slice(colon + 1),
    ref,
    digest,
  };
}
