import { Group, Input, NativeSelect, SegmentedControl, Select } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { lazy, type ReactNode, Suspense, useState } from 'react'
import { type Described, registryQuery } from '../../api/registry.ts'
import { useWords } from '../../i18n/language.tsx'
import { AttributionFilter } from './attribution-filter.tsx'
import { type DateRange, type Preset, presets } from './date-range.ts'
import { defaults, type ReportSearch } from './report-search.ts'
import { useChangeSearch } from './use-change-search.ts'
import type { ReportView } from './use-report.ts'

// The calendar and its library are a fifth of the page, and most readers never open them.
const CustomRange = lazy(() => import('./custom-range.tsx'))

/** Period, grouping and attribution. All of it lives in the address, so that a link shows the same report. */
export function FiltersBar({ view }: { view: ReportView }): ReactNode {
  const changeSearch = useChangeSearch()
  // Another report has other rows: what was open in the old one is not carried over.
  const change: Change = (part) =>
    changeSearch(({ open: _, behind: __, under: ___, ...before }) => ({ ...before, ...part }))
  return (
    <Group gap="md" align="flex-end">
      <RangeFilter search={view.search} range={view.range} change={change} />
      <GroupingFilter by={view.by} change={change} />
      <AttributionFilter search={view.search} change={change} mayCompare />
    </Group>
  )
}

type Change = (part: ReportSearch) => void

type RangeSearch = Pick<ReportSearch, 'range' | 'from' | 'to'>

interface RangeFilterProps {
  search: RangeSearch
  range: DateRange
  change(part: RangeSearch): void
}

/** The days a page is about: a usual span that ends today, or two dates. */
export function RangeFilter({ search, range, change }: RangeFilterProps): ReactNode {
  const { t } = useWords()
  const [isPicking, setPicking] = useState(false)
  const chosen = search.from === undefined ? (search.range ?? defaults.range) : 'custom'
  const options = [...presets, 'custom' as const].map((value) => ({ value, label: t(`report.range.${value}`) }))
  const choose = (value: string) => {
    setPicking(value === 'custom')
    if (value !== 'custom') change({ range: value as Preset, from: undefined, to: undefined })
  }
  const value = isPicking ? 'custom' : chosen
  return (
    <Group gap="xs" align="flex-end">
      <Input.Wrapper label={t('report.range')} labelElement="div" visibleFrom="lg">
        <SegmentedControl
          aria-label={t('report.range')}
          data={options}
          value={value}
          onChange={choose}
          display="flex"
          size="sm"
        />
      </Input.Wrapper>
      <NativeSelect
        hiddenFrom="lg"
        label={t('report.range')}
        data={options}
        value={value}
        onChange={(event) => choose(event.currentTarget.value)}
      />
      {value === 'custom' && (
        <Suspense>
          <CustomRange
            range={range}
            choose={(next) => {
              setPicking(false)
              change({ ...next, range: undefined })
            }}
          />
        </Suspense>
      )}
    </Group>
  )
}

const groups = {
  traffic: ['channel', 'source', 'medium', 'campaign', 'content', 'term', 'referrer_host'],
  visit: ['landing_path', 'project', 'device', 'browser', 'os', 'country', 'region', 'city'],
  time: ['date', 'week', 'month', 'weekday', 'hour'],
  deal: ['lead_kind', 'manager', 'stage', 'reason', 'number', 'pool'],
} as const

function GroupingFilter({ by, change }: { by: string; change: Change }): ReactNode {
  const { t, language } = useWords()
  const { data: registry } = useQuery(registryQuery)
  const left = new Map((registry?.dimensions ?? []).map((dimension) => [dimension.id, dimension]))
  const take = (ids: readonly string[]) =>
    ids.flatMap((id) => {
      const dimension = left.get(id)
      left.delete(id)
      return dimension ? [option(dimension)] : []
    })
  const option = ({ id, label }: Described) => ({ value: id, label: label[language] })
  const data = (Object.keys(groups) as (keyof typeof groups)[]).map((group) => ({
    group: t(`group.${group}`),
    items: take(groups[group]),
  }))
  // A dimension that a newer service has and this list does not know yet is still offered.
  const rest = [...left.values()].map(option)
  return (
    <Select
      label={t('report.by')}
      data={rest.length > 0 ? [...data, { group: t('group.other'), items: rest }] : data}
      value={by}
      onChange={(next) => next && change({ by: next, sort: undefined })}
      allowDeselect={false}
      searchable
      nothingFoundMessage={t('report.by.nothing')}
      maxDropdownHeight={420}
      flex={{ base: '1 1 150px', sm: '0 0 200px' }}
    />
  )
}
