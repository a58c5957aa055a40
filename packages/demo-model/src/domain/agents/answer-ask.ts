import {
  type AskName,
  type Block,
  type BlockName,
  askNameOf,
  blocksOf,
} from '@cynodeai/contracts/agents';
import type { RuleMessage } from '../answer-conversation.ts';
import { answerPrompt, readPrompt } from '../answer-prompt.ts';
import { readQuestion } from '../text/question.ts';
import { type Attachment, splitAttachments } from '../text/attachments.ts';
import { planFor } from './plan-for.ts';
import { verdictOn } from './verdict-on.ts';

/** What an agent asks of this model, and its words. */
export interface Ask {
  readonly name: AskName;
  readonly text: string;
}

/** What an agent asks for; undefined where nobody of the workflow asks. */
export function askOf(messages: readonly RuleMessage[]): Ask | undefined {
  const system = messages.find(({ role }) => role === 'system');
  const name = system && askNameOf(system.content);
  // What comes later mends an answer of ours; rules have no other one.
  const user = messages.find(({ role }) => role === 'user');
  return name && user && { name, text: user.content };
}

const textOf = (blocks: readonly Block[], name: BlockName): string =>
  blocks.find((block) => block.name === name)?.text ?? '';

/** Files behind the words of an agent, which may stand once more behind those; the request is its last block. */
function filesBehind(text: string): readonly Attachment[] {
  const said = text.indexOf('\n>>> request') + 1;
  const at = text.slice(said).search(/^(?:--- attachment: |Other attached files:)/m);
  if (said === 0 || at < 0) return [];
  const words = text.slice(0, said + at).trimEnd();
  const files = text.slice(said + at);
  const isRepeated = files.endsWith(words);
  return splitAttachments(isRepeated ? files.slice(0, -words.length) : files).attachments;
}

function answerOf(text: string, blocks: readonly Block[]): string {
  const question = { ...readQuestion(textOf(blocks, 'request')), attachments: filesBehind(text) };
  const outputs = blocks.filter(({ name }) => name === 'stdout');
  return answerPrompt(readPrompt(question), (command, index) => {
    const output = outputs[index]?.text.trimEnd();
    return output === undefined
      ? `\`${command}\` was not run.`
      : `\`${command}\` printed:\n${output}`;
  });
}

/** What another try may do: rules know of none. */
const remediation = {
  recommended_actions: [
    {
      action: 'ask_user',
      text: 'The command failed, and a model of rules knows no other one. Look at its output, or connect a real model.',
    },
  ],
};

/** The answer to an agent, by rules that say what they do not know. */
export function answerAsk({ name, text }: Ask): string {
  const blocks = blocksOf(text);
  switch (name) {
    case 'plan':
      return JSON.stringify(planFor(textOf(blocks, 'request'), textOf(blocks, 'files')));
    case 'verdict':
      return JSON.stringify(verdictOn(blocks));
    case 'remediation':
      return JSON.stringify(remediation);
    case 'answer':
      return answerOf(text, blocks);
  }
}
