export * from './certificate.ts';
export * from './peer-authority.ts';
