import { type Variant, listVariants } from '../image/variants.ts';
import { installWithEngine } from './image-install.ts';
import type { CommandContext, FlagsOf } from './command-context.ts';
import type { imageListFlags } from './flags.ts';

/** The variants as people read them. */
export function variantsText(variants: readonly Variant[]): string {
  if (variants.length === 0) {
    return 'no variant is there; make one with: cynode image build --with PACKAGE,…\n';
  }
  const width = Math.max(...variants.map(({ name }) => name.length));
  return variants
    .map(({ name, sizeBytes, packages }) => {
      const mib = `${Math.round(sizeBytes / 1024 ** 2)} MiB`;
      return `${name.padEnd(width)}  ${mib.padStart(8)}  ${packages.join(' ')}\n`;
    })
    .join('');
}

/** `image list`: variants of the sandbox image. See docs/reference/sandbox.md#images. */
export async function imageList(
  { env, signal, output }: CommandContext,
  { flags }: { readonly flags: FlagsOf<typeof imageListFlags> },
): Promise<void> {
  const install = installWithEngine(env);
  const variants = install === undefined ? [] : await listVariants({ install, env, signal });
  if (flags.output !== 'json') return output.text(variantsText(variants));
  await output.json({
    images: variants.map(({ name, sizeBytes: size_bytes, packages }) => ({
      name,
      size_bytes,
      packages,
    })),
  });
}
