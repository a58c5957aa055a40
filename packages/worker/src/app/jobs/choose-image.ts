import { variantOf } from '@cynodeai/contracts/common';
import { WorkerError } from '../../domain/errors.ts';
import type { SandboxEngine } from '../../ports/sandbox-engine.ts';
import type { AdmittedJob } from './admit-job.ts';

const nextStep = (name: string): string =>
  `cynode image build --with PACKAGE,… --name ${name} makes one of that name on this node`;

/**
 * The image of a job, present on this node: a variant that was made here before one of a registry.
 * See docs/reference/sandbox.md#images. @throws WorkerError `image_unavailable` with the command that makes it
 */
export async function chooseImage(
  engine: Pick<SandboxEngine, 'hasImage' | 'ensureImage'>,
  { image, variant }: Pick<AdmittedJob, 'image' | 'variant'>,
  signal: AbortSignal,
): Promise<string> {
  if (variant !== undefined && (await engine.hasImage(variant))) return variant;
  const wanted = image ?? variant ?? '';
  try {
    await engine.ensureImage(wanted, signal);
    return wanted;
  } catch (error) {
    const name = variantOf(variant ?? wanted);
    if (!(error instanceof WorkerError) || name === undefined) throw error;
    if (error.code !== 'image_unavailable') throw error;
    throw new WorkerError(error.code, `${error.message}; ${nextStep(name)}`, { cause: error });
  }
}
