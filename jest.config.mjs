/** Tests run the TypeScript as it stands: swc only removes the types, Node's own ESM loader does the rest. */
export default {
  testEnvironment: 'node',
  /* Most tests wait for something. By default there is one process on two cores, and what a failed test left open would keep it. */
  maxWorkers: 2,
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: { target: 'es2023', parser: { syntax: 'typescript' } },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
  /* Of a machine that is busy: it only says how long a test that hangs does so. */
  testTimeout: 120_000,
  coverageProvider: 'v8',
  collectCoverageFrom: ['services/**/*.ts', 'config/**/*.ts'],
  modulePathIgnorePatterns: ['<rootDir>/test/peers/.*/node_modules'],
};
