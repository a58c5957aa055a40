import { z } from 'zod';
import { everyAgent, managerOnly } from '../fields.ts';
import type { McpTool } from '../tool.ts';

const managers = [
  'model.request_load',
  'node.refresh_config',
  'sandbox.create',
  'sandbox.exec',
  'sandbox.put_file',
  'sandbox.get_file',
  'sandbox.stream_logs',
  'sandbox.destroy',
];
const everybody = ['api.call', 'web.fetch', 'web.search', 'skills.list', 'skills.get'];

const reserved =
  (agents: McpTool['agents'], scope: McpTool['scope']) =>
  (name: string): McpTool => ({
    name,
    summary: 'Kept for a tool to come',
    agents,
    scope,
    work: 'reserved',
    input: z.looseObject({}),
    result: z.object({}),
  });

/** Names that are known, in no list, and answer `not_implemented`. */
export const reservedTools: readonly McpTool[] = [
  ...managers.map(reserved(managerOnly, 'pm')),
  ...everybody.map(reserved(everyAgent, 'both')),
];
