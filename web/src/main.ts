// Start of the page: theme before the first paint, language, stores, routes.
import { createPinia } from 'pinia'
import { createApp } from 'vue'
import 'element-plus/theme-chalk/el-var.css'
import 'element-plus/theme-chalk/base.css'
import 'element-plus/theme-chalk/dark/css-vars.css'
import 'element-plus/theme-chalk/el-message.css'
import 'element-plus/theme-chalk/el-overlay.css'
import './theme/tokens.css'
import './theme/element.css'
import './theme/base.css'
import App from './app.vue'
import { i18n, startLanguage } from './i18n'
import { router } from './router'
import { startTheme } from './theme/theme'

async function start() {
  startTheme()
  await startLanguage()
  createApp(App).use(createPinia()).use(i18n).use(router).mount('#app')
}

void start()
