import { defaultPorts } from '@cynodeai/contracts/common';
import { type Environment, listenField } from '../config/index.ts';

/** Variables of the demo model. */
export const demoModelEnvironment = {
  LISTEN_ADDR: {
    field: listenField(),
    about: 'Address to listen on',
    // Never Ollama's own port: who finds that one open must find an Ollama.
    default: `127.0.0.1:${defaultPorts.demoModel}`,
  },
} as const satisfies Environment;
