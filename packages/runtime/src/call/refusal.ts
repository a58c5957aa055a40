import { type Problem, problemSchema } from '@cynodeai/contracts/common';
import { parseJsonOr } from '../std/index.ts';
import { CallError } from './call-error.ts';
import { type Arrived, headerOf, readText } from './arrived.ts';

/** Longest part of a refusal that is read, bytes. */
const refusalBytes = 64 * 1024;

/** What a refusal says of itself, read up to 64 KiB. */
export async function refusalOf(arrived: Arrived): Promise<CallError> {
  const { response, requestId } = arrived;
  const { status } = response;
  const { text } = await readText(arrived, refusalBytes);
  const parsed = problemSchema.safeParse(parseJsonOr(text));
  const problem: Problem | undefined = parsed.data;
  const asked = headerOf(response, 'retry-after') ?? '';
  const words = problem && (problem.detail ?? problem.title);
  return new CallError('refused', `answered ${status}${words ? `: ${words}` : ''}`, {
    status,
    text,
    requestId: problem?.instance ?? headerOf(response, 'x-request-id') ?? requestId,
    ...(problem && { problem }),
    ...(/^\d{1,6}$/.test(asked) && { retryAfterSeconds: Number(asked) }),
  });
}
