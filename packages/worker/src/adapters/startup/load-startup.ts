import { ConfigError, type Env, Secret } from '@cynodeai/runtime/config';
import { errorCodeOf, messageOf } from '@cynodeai/runtime/std';
import { readFile } from 'node:fs/promises';
import type { NodeSettings } from '../../domain/node/settings.ts';
import { type NodeEnv, readNodeEnv, unsetNodeEnv } from './env-schema.ts';
import { readYaml } from './read-yaml.ts';
import { findIdentity, resolveSettings, settingWarnings } from './settings.ts';
import type { StartupYaml } from './yaml-schema.ts';

/** Used when present and no other file is named. */
export const defaultConfigPath = '/etc/cynode/node.yaml';

const masterKeyVariable = 'CYNODE_SECURE_STORE_MASTER_KEY_B64';
const pskVariable = 'NODE_REGISTRATION_PSK';

/** What a node starts with. */
export interface Startup {
  readonly settings: NodeSettings;
  /** Key for the registration. */
  readonly psk: Secret;
  /** Key that the orchestrator must prove to hold before it is told the other; absent: it need not. */
  readonly proofKey?: Secret;
  /** Certificates of the authorities that the orchestrator's must come from, PEM; absent: the system's. */
  readonly authorities?: string;
  /** Variables that held a secret; the process should forget them. */
  readonly secretVariables: readonly string[];
  readonly warnings: readonly string[];
}

async function readConfigFile(
  path: string | false | undefined,
): Promise<{ readonly yaml?: StartupYaml; readonly faults: readonly string[] }> {
  if (path === false) return { faults: [] };
  const file = path ?? defaultConfigPath;
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const absent = errorCodeOf(error) === 'ENOENT';
    if (path === undefined && absent) return { faults: [] };
    return { faults: [`${file} cannot be read: ${messageOf(error)}`] };
  }
  const reading = readYaml(text);
  return reading.faults === undefined
    ? { yaml: reading.yaml, faults: [] }
    : { faults: reading.faults.map((fault) => `${file}: ${fault}`) };
}

/** The registration key: its own variable, then the one the file names, then the file it names. */
async function findPsk(
  yaml: StartupYaml | undefined,
  nodeEnv: NodeEnv,
  env: Env,
): Promise<Secret | string> {
  const { registration_psk_env: named, registration_psk_file: file } = yaml?.orchestrator ?? {};
  if (nodeEnv.NODE_REGISTRATION_PSK !== undefined) return nodeEnv.NODE_REGISTRATION_PSK;
  const fromNamed = named === undefined ? '' : (env[named] ?? '');
  if (fromNamed !== '') return new Secret(fromNamed);
  if (file === undefined) {
    return `set ${named ?? pskVariable} to the registration pre-shared key, or name a file by orchestrator.registration_psk_file`;
  }
  return readKey(file, 'the pre-shared key');
}

/** The key in a file, or what is wrong with it. */
async function readKey(file: string, what: string): Promise<Secret | string> {
  try {
    const text = (await readFile(file, 'utf8')).trim();
    return text === '' ? `${file} is empty; it must hold ${what}` : new Secret(text);
  } catch (error) {
    return `${what} cannot be read: ${messageOf(error)}`;
  }
}

/**
 * Loads the startup YAML (`configPath`, or the default path when it exists; none when it is false) and the environment
 * over it.
 * @throws ConfigError naming every fault of both at once.
 * See docs/reference/nodes.md#start-of-a-node and docs/reference/nodes.md#settings-of-a-node.
 */
export async function loadStartup(
  env: Env,
  configPath: string | false | undefined,
): Promise<Startup> {
  const file = await readConfigFile(configPath);
  const read = readNodeEnv(env);
  const nodeEnv: NodeEnv = 'faults' in read ? unsetNodeEnv : read;
  const faults = [...file.faults, ...('faults' in read ? read.faults : [])];
  const { yaml } = file;
  const identity = findIdentity(yaml, nodeEnv);
  const psk = await findPsk(yaml, nodeEnv, env);
  const proofFile = yaml?.orchestrator?.proof_key_file;
  const proofKey = proofFile && (await readKey(proofFile, "the key of the orchestrator's proof"));
  const caFile = yaml?.orchestrator?.tls?.ca_bundle_path;
  const authorities = caFile && (await readKey(caFile, 'the certificate of the orchestrator'));
  // With a broken source the rest may be in what could not be read, so only its own faults are named.
  if (faults.length > 0) throw new ConfigError(faults.join('\n'));
  if (
    'faults' in identity ||
    typeof psk === 'string' ||
    typeof proofKey === 'string' ||
    typeof authorities === 'string'
  ) {
    const missing = 'faults' in identity ? identity.faults : [];
    const unread = [psk, proofKey, authorities].filter((key) => typeof key === 'string');
    throw new ConfigError([...missing, ...unread].join('\n'));
  }
  const settings = resolveSettings(yaml, nodeEnv, identity);
  const named = yaml?.orchestrator?.registration_psk_env;
  return {
    settings,
    psk,
    ...(proofKey && { proofKey }),
    ...(authorities && { authorities: authorities.reveal() }),
    secretVariables: [pskVariable, masterKeyVariable, ...(named === undefined ? [] : [named])],
    warnings: settingWarnings(settings, yaml),
  };
}
