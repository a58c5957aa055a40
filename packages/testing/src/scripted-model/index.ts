export type { Behaviour, ModelRequest, Script } from './script.ts';
export {
  type ScriptedModel,
  type ScriptedModelOptions,
  startScriptedModel,
} from './start-scripted-model.ts';
