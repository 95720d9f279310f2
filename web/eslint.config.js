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
    },
  },
  { files: ['shots/**', 'mock/**'], rules: { 'no-console': 'off' } },
)
