// How the screens are built: Vue at run time only (no template compiler), Element Plus on demand, charts in chunks of their own.
import { fileURLToPath, URL } from 'node:url'
import vue from '@vitejs/plugin-vue'
import components from 'unplugin-vue-components/vite'
import { ElementPlusResolver } from 'unplugin-vue-components/resolvers'
import { defineConfig } from 'vitest/config'
import { mock } from './mock/plugin.ts'

// HOUSE=http://127.0.0.1:8080 npm run dev: develop against a house that runs, else against the mock.
const house = process.env['HOUSE']

export default defineConfig({
  plugins: [
    vue(),
    components({ dts: false, dirs: [], resolvers: [ElementPlusResolver({ importStyle: process.env['VITEST'] ? false : 'css' })] }),
    ...(house ? [] : [mock()]),
  ],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  optimizeDeps: { include: ['qrcode', 'jssip', 'echarts/core', 'echarts/charts', 'echarts/components', 'echarts/renderers', 'wavesurfer.js', 'element-plus'] },
  define: { __VUE_OPTIONS_API__: 'true', __VUE_PROD_DEVTOOLS__: 'false', __INTLIFY_PROD_DEVTOOLS__: 'false' },
  server: house ? { proxy: { '/api': { target: house, changeOrigin: true } } } : {},
  build: {
    target: 'es2022',
    cssCodeSplit: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
    rollupOptions: {
      output: {
        manualChunks(id: string) {
          if (/node_modules\/(echarts|zrender)\//.test(id)) return 'charts'
          if (/node_modules\/jssip\//.test(id)) return 'jssip'
          return undefined
        },
      },
    },
  },
  test: {
    // Far from the house: what reads this computer's zone shows.
    env: { TZ: 'America/New_York' },
    // Far beyond what a test takes: a machine that builds at the same time is slow.
    testTimeout: 30_000,
    expect: { poll: { timeout: 20_000 } },
    projects: [
      { extends: true, test: { name: 'logic', environment: 'node', include: ['src/**/*.test.ts'], exclude: ['src/**/*.page.test.ts'] } },
      // Compiled as for a browser, mounted without one: src/testing.
      { extends: true, test: { name: 'pages', environment: './src/testing/environment.ts', setupFiles: './src/testing/setup.ts', include: ['src/**/*.page.test.ts'] } },
    ],
  },
})
