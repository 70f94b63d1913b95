import js from '@eslint/js';
import tseslint from 'typescript-eslint';

const assemblyScript = ['drivers/**/*.ts', 'firmware/**/*.ts', 'test/programs/**/*.ts', 'test/**/assembly/**/*.ts'];

export default tseslint.config(
  { ignores: ['node_modules/', 'dist/', 'build/', 'coverage/'] },
  js.configs.recommended,
  ...tseslint.configs.strict,
  {
    files: ['**/*.ts'],
    rules: {
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      'no-control-regex': 'off',
      'no-console': 'error',
      eqeqeq: 'error',
    },
  },
  {
    // The command line is the one room that prints.
    files: ['host-tools/cli/**/*.ts'],
    rules: { 'no-console': 'off' },
  },
  {
    // AssemblyScript has decorators on functions, its own number types and no union types.
    files: assemblyScript,
    languageOptions: { parserOptions: { allowInvalidAST: true } },
    rules: {
      '@typescript-eslint/no-loss-of-precision': 'off',
      '@typescript-eslint/no-extraneous-class': 'off',
      '@typescript-eslint/prefer-literal-enum-member': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      'no-loss-of-precision': 'off',
      'no-undef': 'off',
    },
  },
  {
    files: ['**/*.cjs', '**/*.js'],
    languageOptions: {
      globals: { console: 'readonly', process: 'readonly', module: 'writable', require: 'readonly' },
    },
    rules: { '@typescript-eslint/no-require-imports': 'off' },
  },
);
