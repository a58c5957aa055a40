import type { Block, Verdict } from '@cynodeai/contracts/agents';
import { hasNoRule } from '../what-it-is.ts';

/** Longest quote, UTF-16 units. */
const maxQuote = 200;

interface Shown {
  readonly source: string;
  readonly quote: string;
}

/** The first line that says something. */
function quoteOf(source: string, text: string): Shown | undefined {
  const line = text.split('\n').find((each) => each.trim() !== '');
  return line === undefined ? undefined : { source, quote: line.trim().slice(0, maxQuote) };
}

/** What shows something of a criterion: a file that it names, else the output, else how the job ended. */
function shownFor(criterion: string, blocks: readonly Block[]): Shown | undefined {
  const named = blocks.find(
    ({ name, label }) =>
      name === 'file' &&
      label !== undefined &&
      criterion.includes(label.replace(/^artifacts\//, '')),
  );
  if (named?.label !== undefined) return quoteOf(named.label, named.text);
  const output = blocks.find(({ name }) => name === 'stdout');
  const said = quoteOf('stdout', output?.text ?? '');
  if (said !== undefined) return said;
  const job = blocks.find(({ name }) => name === 'job');
  const code = /^exit_code: (?<code>\d+)$/m.exec(job?.text ?? '')?.groups?.['code'];
  return code === '0' ? { source: 'exit_code', quote: code } : undefined;
}

const ofRules = 'something is there; rules cannot tell what it means';

/**
 * Rules judge no meaning: a criterion is met where there is something to show for it. An answer that says itself that
 * it has none meets nothing.
 */
export function verdictOn(blocks: readonly Block[]): Verdict {
  const list = blocks.find(({ name }) => name === 'criteria')?.text ?? '';
  const criteria = [...list.matchAll(/^(?<number>\d+)\. (?<text>.*)$/gm)];
  const output = blocks.find(({ name }) => name === 'stdout')?.text ?? '';
  const isOpen = hasNoRule(output);
  const judged = criteria.map(({ groups }) => {
    const shown = isOpen ? undefined : shownFor(groups?.['text'] ?? '', blocks);
    return {
      criterion: Number(groups?.['number']),
      met: shown !== undefined,
      message: shown === undefined ? 'nothing shows it' : ofRules,
      ...(shown ?? { source: '', quote: '' }),
    };
  });
  const isMet = judged.every(({ met }) => met);
  return {
    status: isMet ? 'pass' : 'fail',
    criteria: judged,
    recommended_actions: isMet
      ? []
      : [
          {
            action: 'ask_user',
            text: 'The demo model has no rule for this. Say it another way, or connect a real model.',
          },
        ],
  };
}
