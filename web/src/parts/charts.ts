// What of ECharts is used: lines and bars on a canvas; tooltips are drawn, never HTML.
import { BarChart, LineChart } from 'echarts/charts'
import { GridComponent, LegendComponent, MarkLineComponent, TooltipComponent } from 'echarts/components'
import { init as start, use } from 'echarts/core'
import { CanvasRenderer } from 'echarts/renderers'

use([BarChart, LineChart, GridComponent, LegendComponent, MarkLineComponent, TooltipComponent, CanvasRenderer])

export const init = (box: HTMLElement) => start(box, null, { renderer: 'canvas' })
