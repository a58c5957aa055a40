import { isVariantName, normaliseImageRef, variantRef } from '@cynodeai/contracts/common';
import type { RunJobRequest } from '@cynodeai/contracts/worker-api';
import { WorkerError } from '../../domain/errors.ts';
import { effectiveTimeout } from '../../domain/jobs/timeout.ts';
import { isImageAllowed } from '../../domain/sandbox/image-ref.ts';
import type { JobLimits } from './job-limits.ts';

/** A job the node's policy lets through. */
export interface AdmittedJob {
  /** Full image reference; absent where policy allows only the variant. */
  readonly image?: string;
  /** The variant of the sandbox image that a short name means where this node has one. */
  readonly variant?: string;
  readonly timeoutSeconds: number;
}

/**
 * Applies local policy to a request. See docs/reference/worker-api.md#run-a-job,
 * docs/reference/worker-api.md#time-limits and docs/reference/sandbox.md#images.
 * @throws WorkerError `validation` without a usable image, `node_policy_refused` with the reason
 */
export function admitJob(request: RunJobRequest, limits: JobLimits): AdmittedJob {
  if (!limits.sandboxEnabled) {
    throw new WorkerError('node_policy_refused', 'sandboxing is disabled on this node');
  }
  const ref = request.sandbox.image ?? limits.defaultImage;
  if (ref === undefined) {
    throw new WorkerError('validation', 'sandbox.image is required: this node has no default');
  }
  const image = normaliseImageRef(ref);
  if (image === undefined) {
    throw new WorkerError('validation', 'sandbox.image must be an OCI image reference');
  }
  if (limits.requireDigest === true && !image.includes('@sha256:')) {
    throw new WorkerError('node_policy_refused', 'the image must be named by digest on this node');
  }
  const isAllowed = (each: string): boolean => isImageAllowed(each, limits.allowedImages);
  const variant = isVariantName(ref) && limits.requireDigest !== true ? variantRef(ref) : undefined;
  const mayBeVariant = variant !== undefined && isAllowed(variant);
  if (!isAllowed(image) && !mayBeVariant) {
    throw new WorkerError('node_policy_refused', `image ${image} is not allowed on this node`);
  }
  return {
    ...(isAllowed(image) && { image }),
    ...(mayBeVariant && { variant }),
    timeoutSeconds: effectiveTimeout(request.sandbox.timeout_seconds, limits),
  };
}
