import { type AskName, type Block, askNameOf, blocksOf } from '@cynodeai/contracts/agents';
import { type Inference, type ModelQuestion, NoReply } from '../../src/ports/inference.ts';

/** A question as whoever answers by rules knows it. */
export interface Asked {
  readonly name: AskName | undefined;
  readonly agent: string;
  readonly system: string;
  /** Of the first message of the user. */
  readonly blocks: readonly Block[];
  /** How often the answer was sent back. */
  readonly round: number;
  readonly question: ModelQuestion;
}

export type Answer = object | string | NoReply;

/** Answers in turn, the last one again and again; or what a function says. */
export type Answers = readonly Answer[] | ((asked: Asked) => Answer);

/** A model whose answers are written beforehand; it notes what it is asked. */
export class ScriptedInference implements Inference {
  readonly asked: Asked[] = [];
  readonly #answers: Partial<Record<AskName, Answers>>;

  constructor(answers: Partial<Record<AskName, Answers>>) {
    this.#answers = answers;
  }

  of(name: AskName): Asked[] {
    return this.asked.filter((each) => each.name === name);
  }

  async ask(question: ModelQuestion) {
    const [system, user] = question.messages;
    const name = askNameOf(system?.content ?? '');
    const asked: Asked = {
      name,
      agent: question.routing.agent,
      system: system?.content ?? '',
      blocks: blocksOf(user?.content ?? ''),
      round: (question.messages.length - 2) / 2,
      question,
    };
    const before = this.asked.filter((each) => each.name === name).length;
    this.asked.push(asked);
    const answers = name && this.#answers[name];
    if (answers === undefined) throw new Error(`nobody answers ${name ?? 'this'}`);
    const answer =
      typeof answers === 'function' ? answers(asked) : (answers[before] ?? answers.at(-1));
    if (answer instanceof NoReply) throw answer;
    return {
      text: typeof answer === 'string' ? answer : JSON.stringify(answer),
      isCut: typeof answer === 'string' && answer.endsWith('…'),
      modelRef: 'scripted:1',
      target: 'local' as const,
      decisionId: '018f0000-0000-7000-8000-00000000000d',
    };
  }
}

/** The text of a block of a question. */
export function blockOf({ blocks }: Asked, name: Block['name'], label?: string): string {
  return blocks.find((block) => block.name === name && block.label === label)?.text ?? '';
}

/** A verdict that says of every criterion that it is met, by the first line of what was written. */
export function honest(asked: Asked): object {
  const count = blockOf(asked, 'criteria').split('\n').length;
  const [quote = ''] = blockOf(asked, 'stdout').split('\n');
  const criteria = Array.from({ length: count }, (_none, index) => ({
    criterion: index + 1,
    met: true,
    message: 'it is there',
    source: quote === '' ? 'exit_code' : 'stdout',
    quote: quote === '' ? '0' : quote,
  }));
  return { status: 'pass', criteria, recommended_actions: [] };
}
