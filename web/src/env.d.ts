// Types that Vite gives.
/// <reference types="vite/client" />
