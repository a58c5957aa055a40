import { isVariantName } from '@cynodeai/contracts/common';

/** The default image has this name. */
const reservedName = 'sandbox';

/** Names of packages as Debian's policy has them; one with a minus at the end would be removed by apt. */
const packageName = /^[a-z0-9][a-z0-9+.-]*[a-z0-9+.]$/;

const mostPackages = 64;

/** A variant that is wanted, or why it cannot be. */
export type WantedVariant =
  { readonly name: string; readonly packages: readonly string[] } | { readonly fault: string };

/** Why this cannot be the name of a variant; undefined when it can. */
export function nameFault(name: string): string | undefined {
  if (name === reservedName) return `${name} is the name of the default image; choose another one`;
  if (isVariantName(name)) return undefined;
  return `${JSON.stringify(name)} cannot be the name of an image: lower-case letters and digits with single dots, dashes or underscores between them, at most 63`;
}

/**
 * Reads `--with nodejs,golang` and `--name`; the name is made of the packages unless it is given.
 * See docs/reference/sandbox.md#images.
 */
export function wantedVariant(lists: readonly string[], given: string | undefined): WantedVariant {
  const packages = [...new Set(lists.flatMap((list) => list.split(/[,\s]+/)))].filter(
    (name) => name !== '',
  );
  if (packages.length === 0) return { fault: '--with names no package, such as --with nodejs' };
  if (packages.length > mostPackages) {
    return { fault: `${packages.length} packages are too many; --with takes ${mostPackages}` };
  }
  const bad = packages.find((name) => name.length > 100 || !packageName.test(name));
  if (bad !== undefined) return { fault: `${JSON.stringify(bad)} is no name of a package` };
  const name = given ?? packages.join('-');
  const fault = nameFault(name);
  if (fault === undefined) return { name, packages };
  return { fault: given === undefined ? `give the image a name: --name NAME (${fault})` : fault };
}
