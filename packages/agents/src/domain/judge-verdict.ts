import type { Finding, Verdict } from '@cynodeai/contracts/agents';
import { excerptOf } from './excerpt.ts';

/** What was fetched of a step, by how a verdict names it: `stdout`, `stderr`, `exit_code`, `files`, or a path. */
export type Sources = ReadonlyMap<string, string>;

const squeezed = (text: string): string => text.replaceAll(/\s+/g, ' ').trim();

/** Bytes that a finding keeps of a quote, and of a message. */
const quoteBytes = 1024;
const messageBytes = 1024;

/** Findings of one verdict. */
const mostFindings = 100;

function isShown(source: string, quote: string, sources: Sources): boolean {
  const wanted = squeezed(quote);
  const text = sources.get(source);
  if (text === undefined || wanted === '') return false;
  return source === 'exit_code' ? text === wanted : squeezed(text).includes(wanted);
}

/**
 * What makes a verdict worthless: a criterion without a word, or one that is said to be met by what nobody fetched.
 * See docs/reference/workflow.md#verification.
 */
export function faultsOfVerdict(
  { status, criteria: judged }: Verdict,
  criteria: readonly string[],
  sources: Sources,
): string[] {
  if (status === 'needs_clarification') return [];
  const faults: string[] = [];
  for (const [index, criterion] of criteria.entries()) {
    const number = index + 1;
    const found = judged.filter((each) => each.criterion === number);
    const [one] = found;
    if (one === undefined || found.length > 1) {
      faults.push(`criteria: ${number} (${criterion}) must be judged once`);
    } else if (one.met && !isShown(one.source, one.quote, sources)) {
      const known = [...sources.keys()].join(', ');
      faults.push(
        `criteria: ${number}: its quote is not in ${one.source || 'its source'}; copy it word for word from one of ${known}`,
      );
    }
  }
  if (judged.some(({ criterion }) => criterion > criteria.length)) {
    faults.push(`criteria: there are ${criteria.length}`);
  }
  const isMet = judged.every(({ met }) => met);
  if ((status === 'pass') !== isMet) {
    faults.push(`status: ${status}, but ${isMet ? 'every' : 'not every'} criterion is met`);
  }
  return faults;
}

/** What is kept of a verdict. */
export function findingsOf(
  { criteria: judged, status }: Verdict,
  criteria: readonly string[],
  jobId: string,
): Finding[] {
  if (status === 'needs_clarification' && judged.length === 0) {
    const message = 'it cannot be judged without the user';
    return [{ severity: 'major', criterion: 'it is clear what is wanted', message, evidence: [] }];
  }
  return judged.slice(0, mostFindings).map(({ criterion, met, message, source, quote }) => {
    const ofJob = ['stdout', 'stderr', 'exit_code', 'files'].includes(source);
    return {
      severity: met ? ('info' as const) : ('major' as const),
      criterion: criteria[criterion - 1] ?? `criterion ${criterion}`,
      message: excerptOf(message, messageBytes),
      evidence: [
        {
          kind: ofJob ? 'job' : 'artifact',
          job_id: jobId,
          ...(!ofJob && source !== '' && { artifact_path: source.replace(/^artifacts\//, '') }),
          excerpt: excerptOf(quote, quoteBytes),
        },
      ],
    };
  });
}
