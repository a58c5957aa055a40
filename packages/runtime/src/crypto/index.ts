export * from './canonical-hash.ts';
export * from './derive-key.ts';
export * from './jwt.ts';
export * from './key-pair.ts';
export * from './password.ts';
export * from './sealed-box.ts';
export * from './service-proof.ts';
export * from './tokens.ts';
