import {
  type AskedName,
  type Read,
  type Route,
  askedFormat,
  blockText,
} from '@cynodeai/contracts/agents';
import { jsonOf } from '../domain/json-of.ts';
import type { ModelQuestion } from '../ports/inference.ts';
import { type AskDeps, askModel } from './ask-model.ts';

export interface JsonQuestion<T> {
  readonly name: AskedName;
  readonly routing: ModelQuestion['routing'];
  readonly system: string;
  readonly user: string;
  /** The value of an answer, or what is wrong with it. */
  readonly read: (value: unknown) => Read<T>;
  /** How often the model may mend its answer. */
  readonly repairs: number;
  readonly waitSeconds: number;
}

export interface JsonAnswer<T> {
  /** Undefined where nothing that was answered is right. */
  readonly value: T | undefined;
  /** What was wrong with the last answer. */
  readonly faults: readonly string[];
  readonly routes: readonly Route[];
}

const notJson: Read<never> = { kind: 'wrong', faults: ['it must be one JSON object'] };

/** Asks for JSON; an answer that is wrong goes back with what is wrong with it. @throws WorkflowFailure */
export async function askJson<T>(
  { name, routing, system, user, read, repairs, waitSeconds }: JsonQuestion<T>,
  deps: AskDeps,
  signal: AbortSignal,
): Promise<JsonAnswer<T>> {
  const routes: Route[] = [];
  const messages: ModelQuestion['messages'] = [
    { role: 'system', content: system },
    { role: 'user', content: user },
  ];
  for (let round = 0; ; round += 1) {
    const question = { routing, messages: [...messages], response_format: askedFormat(name) };
    const reply = await askModel(question, deps, waitSeconds, signal);
    routes.push({
      agent: routing.agent,
      purpose: name,
      model_ref: reply.modelRef,
      target: reply.target,
      decision_id: reply.decisionId,
    });
    const value = jsonOf(reply.text);
    const answer = value === undefined ? notJson : read(value);
    if (answer.kind === 'read') return { value: answer.value, faults: [], routes };
    const cut = reply.isCut ? ['it was cut for its length; be shorter'] : [];
    const faults = [...cut, ...answer.faults];
    if (round >= repairs) return { value: undefined, faults, routes };
    const told = faults.map((fault) => `- ${fault}`).join('\n');
    messages.push(
      { role: 'assistant', content: reply.text },
      {
        role: 'user',
        content: `That answer cannot be used. Answer again, whole, as one JSON object without these faults.\n${blockText({ name: 'faults', text: told })}`,
      },
    );
  }
}
