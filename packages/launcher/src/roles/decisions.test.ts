import { describe, expect, it } from 'vitest';
import { parseListenChoice } from '../install/listen-choice.ts';
import { pathsOf } from '../install/paths.ts';
import { certificateDirOf, certificateOf, farAddressOf, openAddressOf } from './decisions.ts';

const paths = pathsOf('/state');
const ports = {
  userGateway: 8080,
  controlPlane: 12_082,
  mcpGateway: 12_083,
  agents: 12_087,
  workerApi: 12_090,
  demoModel: 12_089,
};
const doors = (listen: ReturnType<typeof parseListenChoice> | undefined) => {
  const place = { paths, ports, listen };
  return [
    openAddressOf('userGateway')(place),
    farAddressOf('control-plane')(place),
    certificateOf('control-plane')(place),
    certificateDirOf('control-plane')(place),
  ];
};

describe('where a role listens', () => {
  it('is loopback alone, until other machines are let in', () => {
    expect(doors(undefined)).toEqual(['127.0.0.1:8080', undefined, undefined, []]);
  });

  it('is a further address behind TLS for those, with a certificate that it alone reads', () => {
    const file = '/state/tls/control-plane/server.pem';
    const dirs = ['/state/tls/control-plane'];
    expect(doors(parseListenChoice('192.0.2.7', [], undefined))).toEqual([
      '127.0.0.1:8080',
      '192.0.2.7:8444',
      file,
      dirs,
    ]);
  });

  it('is every address in the clear only by a word of its own', () => {
    const clear = (text: string) => doors(parseListenChoice(text, [], undefined, true));
    expect(clear('0.0.0.0')).toEqual(['0.0.0.0:8080', undefined, undefined, []]);
    expect(clear('::')).toEqual(['[::]:8080', undefined, undefined, []]);
  });
});
