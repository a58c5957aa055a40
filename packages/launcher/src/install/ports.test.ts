import { describe, expect, it } from 'vitest';
import { choosePorts, portChoices } from './ports.ts';

describe('ports of an install', () => {
  it('are the documented defaults when these are free', async () => {
    const ports = await choosePorts(async () => true);
    expect(ports).toMatchObject({
      userGateway: 8080,
      controlPlane: 12_082,
      workerApi: 12_090,
      demoModel: 12_089,
    });
  });

  it('move together to the next block when one of them is taken', async () => {
    const ports = await choosePorts(async (port) => port !== 12_090);
    expect(ports).toMatchObject({
      userGateway: 12_180,
      controlPlane: 12_182,
      workerApi: 12_190,
      demoModel: 12_189,
    });
  });

  it('use the alternative gateway port first when only 8080 is taken', async () => {
    const ports = await choosePorts(async (port) => port !== 8080);
    expect(ports).toMatchObject({
      userGateway: 12_080,
      controlPlane: 12_082,
      workerApi: 12_090,
      demoModel: 12_089,
    });
  });

  it('are not found when nothing is free', async () => {
    expect(await choosePorts(async () => false)).toBeUndefined();
  });

  it('stay below the range the kernel hands out', () => {
    for (const choice of portChoices()) {
      expect(Math.max(...Object.values(choice))).toBeLessThan(32_768);
    }
  });
});
