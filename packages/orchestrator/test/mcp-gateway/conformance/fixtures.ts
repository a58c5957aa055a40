import type { McpTool } from '@cynodeai/contracts/mcp';
import {
  type CallToolResult,
  type ContentBlock,
  MissingRequiredClientCapabilityError,
  type PromptMessage,
  ResourceNotFoundError,
  type Server,
} from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { McpFixtures } from '../../../src/adapters/mcp/mcp-server.ts';
import type { ToolCall } from '../../../src/app/mcp/tool-handlers.ts';
import type { RegisteredTool } from '../../../src/app/mcp/tool-registry.ts';
import { ToolRefusal } from '../../../src/domain/mcp/tool-refusal.ts';

/** A red pixel. */
const png =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==';
/** No sound of one sample. */
const wav = 'UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAAAAA==';

const text = (words: string): ContentBlock => ({ type: 'text', text: words });
const image: ContentBlock = { type: 'image', data: png, mimeType: 'image/png' };
const audio: ContentBlock = { type: 'audio', data: wav, mimeType: 'audio/wav' };
const embedded = (uri: string, mimeType: string, words: string): ContentBlock => ({
  type: 'resource',
  resource: { uri, mimeType, text: words },
});

/** A tool of a suite in the catalogue of the gateway under test, for every agent. */
export function fixtureTool(
  name: string,
  answer: (call: ToolCall, args: Readonly<Record<string, unknown>>) => Promise<unknown>,
  more: Partial<McpTool> = {},
): RegisteredTool {
  return {
    tool: {
      name,
      summary: `The suite names ${name}`,
      agents: { project_manager: 'yes', project_analyst: 'yes', sandbox: 'yes' },
      scope: 'both',
      work: 'outside',
      input: z.strictObject({}),
      result: z.looseObject({}),
      ...more,
    },
    handler: { work: 'outside', run: answer },
  };
}

const contents: Readonly<Record<string, readonly ContentBlock[]>> = {
  // The gateway writes no log to clients, asked for or not.
  test_logging_tool: [text('Nothing was logged.')],
  // No tool sends a request of its own on the stream of a call.
  test_streaming_elicitation: [text('Nobody was asked.')],
  test_missing_capability: [text('It needs a model of the client.')],
  test_simple_text: [text('This is a simple text response for testing.')],
  test_image_content: [image],
  test_audio_content: [audio],
  test_embedded_resource: [
    embedded('test://embedded-resource', 'text/plain', 'This is an embedded resource content.'),
  ],
  test_multiple_content_types: [
    text('Multiple content types test:'),
    image,
    embedded('test://mixed-content-resource', 'application/json', '{"test":"data","value":123}'),
  ],
};

/** Tools of the conformance suite, behind the real pipeline. */
export const conformanceTools: readonly RegisteredTool[] = [
  ...Object.entries(contents).map(([name, content]) =>
    fixtureTool(name, async () => ({ content })),
  ),
  fixtureTool('test_tool_with_progress', async ({ progress }) => {
    for (const step of [0, 50, 100]) await progress({ progress: step, total: 100 });
    return { content: [text('done')] };
  }),
  fixtureTool('test_error_handling', async () => {
    throw new ToolRefusal('conflict', 'This tool intentionally returns an error for testing');
  }),
];

const said = (content: ContentBlock): PromptMessage => ({ role: 'user', content });

const prompts: Readonly<
  Record<string, (args: Readonly<Record<string, string>>) => PromptMessage[]>
> = {
  test_simple_prompt: () => [said(text('This is a simple prompt for testing.'))],
  test_prompt_with_arguments: ({ arg1 = '', arg2 = '' }) => [
    said(text(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`)),
  ],
  test_prompt_with_embedded_resource: ({ resourceUri = '' }) => [
    said(embedded(resourceUri, 'text/plain', 'Embedded resource content for testing.')),
    said(text('Please process the embedded resource above.')),
  ],
  test_prompt_with_image: () => [said(image), said(text('Please analyze the image above.'))],
};

const promptArguments: Readonly<Record<string, readonly string[]>> = {
  test_prompt_with_arguments: ['arg1', 'arg2'],
  test_prompt_with_embedded_resource: ['resourceUri'],
};

function readResource(uri: string) {
  const id = /^test:\/\/template\/(\w+)\/data$/.exec(uri)?.[1];
  if (id !== undefined) {
    const data = { id, templateTest: true, data: `Data for ID: ${id}` };
    return { uri, mimeType: 'application/json', text: JSON.stringify(data) };
  }
  if (uri === 'test://static-text') {
    return {
      uri,
      mimeType: 'text/plain',
      text: 'This is the content of the static text resource.',
    };
  }
  if (uri === 'test://static-binary') return { uri, mimeType: 'image/png', blob: png };
  throw new ResourceNotFoundError(uri);
}

function extend(server: Server): void {
  server.setRequestHandler('prompts/list', () => ({
    prompts: Object.keys(prompts).map((name) => ({
      name,
      description: `The suite names ${name}`,
      arguments: (promptArguments[name] ?? []).map((argument) => ({
        name: argument,
        required: true,
      })),
    })),
  }));
  server.setRequestHandler('prompts/get', ({ params }) => {
    const messages = prompts[params.name]?.(params.arguments ?? {});
    if (messages === undefined) throw new Error('no such prompt');
    return { messages };
  });
  server.setRequestHandler('resources/list', () => ({
    resources: ['test://static-text', 'test://static-binary'].map((uri) => ({ uri, name: uri })),
  }));
  server.setRequestHandler('resources/templates/list', () => ({
    resourceTemplates: [{ uriTemplate: 'test://template/{id}/data', name: 'template' }],
  }));
  server.setRequestHandler('resources/read', ({ params }) => ({
    contents: [readResource(params.uri)],
  }));
}

/** What the suite names beside tools; its tools answer with content of their own. */
export const conformanceFixtures: McpFixtures = {
  extend,
  resultOf: (tool, answer) => {
    if (answer.kind !== 'success' || !(tool in contents)) return undefined;
    if (tool === 'test_missing_capability') {
      throw new MissingRequiredClientCapabilityError({ requiredCapabilities: { sampling: {} } });
    }
    return answer.result as CallToolResult;
  },
};
