// What the screens' code must not do: raw HTML, any, unused names.
import { defineConfigWithVueTs, vueTsConfigs } from '@vue/eslint-config-typescript'
import vue from 'eslint-plugin-vue'

export default defineConfigWithVueTs(
  { ignores: ['dist', 'node_modules', 'test-results'] },
  vue.configs['flat/essential'],
  vueTsConfigs.recommended,
  {
    rules: {
      'vue/no-v-html': 'error',
      'vue/multi-word-component-names': 'off',
      'no-console': 'error',
      'no-eval': 'error',
      'max-lines': ['error', { max: 500 }],
      // Times are the house's, not the computer's: live/zone.ts.
      'no-restricted-syntax': ['error', {
        selector: 'MemberExpression[property.name=/^(get|set)(Hours|Minutes|Date|Day|Month|FullYear)$|^toLocale(Date|Time)?String$|^getTimezoneOffset$/]',
        message: 'Times are told in the house\'s zone: use live/zone.ts or d() of vue-i18n.',
      }],
    },
  },
  { files: ['shots/**', 'mock/**'], rules: { 'no-console': 'off', 'no-restricted-syntax': 'off' } },
  { files: ['src/**/*.test.ts'], rules: { 'no-restricted-syntax': 'off' } },
)
