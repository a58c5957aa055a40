import process from 'node:process';
import { type ScriptedModel, startScriptedModel } from '@cynodeai/testing';
import { type ModelServiceUnderTest, testModelService } from './support/model-service.ts';
import { testPrompts } from './support/prompt-suite.ts';

/** Address of a real service, and a model of it: the only one that is asked then (`npm run try:ollama`). */
const { TRY_OLLAMA: realUrl, TRY_OLLAMA_MODEL: realModel = '' } = process.env;

async function scripted(version: string): Promise<ModelServiceUnderTest> {
  const model: ScriptedModel = await startScriptedModel({
    version,
    models: ['small:latest'],
    quirks: { context: 8192, thinks: 'hm', atOnce: 1 },
    reply: ({ text }) =>
      text.includes('for ever')
        ? {
            kind: 'trickle',
            chunks: Array.from({ length: 10_000 }, () => 'and then '),
            // Only a caller who leaves makes it end.
            next: (index) =>
              new Promise((resolve) => {
                if (index < 5) setTimeout(resolve, 5);
              }),
          }
        : { kind: 'say', text: ['Hel', 'lo.'] },
  });
  return {
    url: model.url,
    model: 'small:latest',
    [Symbol.asyncDispose]: () => model.close(),
  };
}

function real(url: string): ModelServiceUnderTest {
  return { url, model: realModel, [Symbol.asyncDispose]: async () => {} };
}

if (realUrl === undefined) {
  for (const version of ['0.24.0', '0.32.15']) {
    const name = `the scripted model as ${version}`;
    testModelService(name, () => scripted(version));
    testPrompts(name, () => scripted(version));
  }
} else {
  testModelService(realUrl, async () => real(realUrl));
  testPrompts(realUrl, async () => real(realUrl));
}
