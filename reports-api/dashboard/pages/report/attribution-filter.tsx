import {
  ActionIcon,
  Button,
  Checkbox,
  Fieldset,
  Group,
  NativeSelect,
  Popover,
  SimpleGrid,
  Stack,
  TextInput,
} from '@mantine/core'
import { IconAdjustmentsHorizontal } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { type DescribedModel, type ModelParameter, registryQuery } from '../../api/registry.ts'
import type { Attribution } from '../../api/reports.ts'
import { useWords } from '../../i18n/language.tsx'
import { limits, readTerms, sharedTerms, type Terms } from './attribution-search.ts'
import { attributionOf, type ReportSearch } from './report-search.ts'

type AttributionSearch = Pick<ReportSearch, 'model' | 'terms' | 'vs'>

interface AttributionFilterProps {
  search: AttributionSearch
  change(part: AttributionSearch): void
  /** Whether a second model can be put beside the first. */
  mayCompare?: boolean
}

/** Who gets the credit: the model, what of it can be set, and another model beside it. */
export function AttributionFilter({ search, change, mayCompare }: AttributionFilterProps): ReactNode {
  const { t } = useWords()
  const { data: registry } = useQuery(registryQuery)
  const models = registry?.models ?? []
  const main = attributionOf(search)
  const { vs } = search
  return (
    <Group gap="xs" align="flex-end" wrap="nowrap" flex={{ base: '1 1 100%', sm: '0 1 auto' }}>
      <ModelSelect
        label={t('report.model')}
        model={main.model}
        models={models}
        choose={(model) => model && change({ model, terms: readTerms(sharedTerms(main)) })}
      />
      {mayCompare && (
        <ModelSelect
          label={t('report.vs')}
          model={vs?.model ?? ''}
          models={models}
          none={t('report.vs.none')}
          choose={(model) => change({ vs: model === '' ? undefined : { model, ...sharedTerms(vs ?? main) } })}
        />
      )}
      <Settings models={models} main={main} vs={vs} change={change} />
    </Group>
  )
}

interface ModelSelectProps {
  label: string
  model: string
  models: readonly DescribedModel[]
  /** The words for no model at all, where that is a choice. */
  none?: string
  choose(model: string): void
}

function ModelSelect({ label, model, models, none, choose }: ModelSelectProps): ReactNode {
  const { language } = useWords()
  const options = models.map(({ id, label: words }) => ({ value: id, label: words[language] }))
  return (
    <NativeSelect
      label={label}
      data={none === undefined ? options : [{ value: '', label: none }, ...options]}
      value={model}
      title={models.find(({ id }) => id === model)?.description[language]}
      onChange={(event) => choose(event.currentTarget.value)}
      flex={{ base: '1 1 0', sm: '0 0 200px' }}
      miw={0}
    />
  )
}

interface SettingsProps {
  models: readonly DescribedModel[]
  main: Attribution
  vs: Attribution | undefined
  change(part: AttributionSearch): void
}

function Settings({ models, main, vs, change }: SettingsProps): ReactNode {
  const { t } = useWords()
  const [isOpen, setOpen] = useState(false)
  return (
    <Popover opened={isOpen} onChange={setOpen} position="bottom-end" trapFocus returnFocus width={320} shadow="md">
      <Popover.Target>
        <ActionIcon
          variant="default"
          size={36}
          aria-label={t('report.terms')}
          title={t('report.terms')}
          aria-expanded={isOpen}
          onClick={() => setOpen(!isOpen)}
        >
          <IconAdjustmentsHorizontal size={18} />
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown aria-label={t('report.terms')}>
        <form
          onSubmit={(event) => {
            event.preventDefault()
            const form = new FormData(event.currentTarget)
            change({
              terms: readTerms(termsOf(form, 'main', models, main)),
              ...(vs && { vs: { model: vs.model, ...readTerms(termsOf(form, 'vs', models, vs)) } }),
            })
            setOpen(false)
          }}
        >
          <Stack gap="md">
            <TermFields name="main" attribution={main} models={models} />
            {vs && <TermFields name="vs" attribution={vs} models={models} />}
            <Button type="submit">{t('report.terms.apply')}</Button>
          </Stack>
        </form>
      </Popover.Dropdown>
    </Popover>
  )
}

interface TermFieldsProps {
  name: string
  attribution: Attribution
  models: readonly DescribedModel[]
}

function TermFields({ name, attribution, models }: TermFieldsProps): ReactNode {
  const { t, language } = useWords()
  const model = models.find(({ id }) => id === attribution.model)
  return (
    <Fieldset legend={model?.label[language] ?? attribution.model}>
      <Stack gap="xs">
        <NumberField
          name={`${name}.lookback_days`}
          label={t('report.terms.lookback')}
          value={attribution.lookback_days ?? limits.lookback_days.usual}
          limits={limits.lookback_days}
          step="1"
        />
        {model?.parameters.map((parameter) => (
          <ParameterFields key={parameter.id} name={name} parameter={parameter} attribution={attribution} />
        ))}
        <Checkbox
          name={`${name}.direct`}
          label={t('report.terms.direct')}
          defaultChecked={attribution.direct ?? true}
        />
      </Stack>
    </Fieldset>
  )
}

interface ParameterFieldsProps {
  name: string
  parameter: ModelParameter
  attribution: Attribution
}

function ParameterFields({ name, parameter, attribution }: ParameterFieldsProps): ReactNode {
  const { t, name: wordOf } = useWords()
  if (parameter.id === 'half_life_days') {
    return (
      <NumberField
        name={`${name}.half_life_days`}
        label={t('report.terms.half_life')}
        value={attribution.half_life_days ?? (parameter.default as number)}
        limits={limits.half_life_days}
      />
    )
  }
  const usual = parameter.default as number[]
  return (
    <SimpleGrid cols={usual.length > 3 ? 2 : 3} spacing="xs" verticalSpacing="xs">
      {(parameter.roles ?? []).map((role, index) => (
        <NumberField
          key={role}
          name={`${name}.weight.${index}`}
          label={wordOf('role', role)}
          value={attribution.weights?.[index] ?? usual[index] ?? 0}
          limits={limits.weight}
        />
      ))}
    </SimpleGrid>
  )
}

interface NumberFieldProps {
  name: string
  label: string
  value: number
  limits: { min: number; max: number }
  step?: string
}

/** The browser's own: it knows the decimal mark of the reader and says itself what is out of range. */
function NumberField({ name, label, value, limits: { min, max }, step = 'any' }: NumberFieldProps): ReactNode {
  return (
    <TextInput type="number" required withAsterisk={false} {...{ name, label, min, max, step }} defaultValue={value} />
  )
}

/** What a side of the form says; what is as the model has it anyway is left out. */
function termsOf(form: FormData, side: string, models: readonly DescribedModel[], { model }: Attribution): Terms {
  const numberOf = (name: string) => Number(form.get(`${side}.${name}`))
  const parameters = models.find(({ id }) => id === model)?.parameters ?? []
  const half_life = parameters.find(({ id }) => id === 'half_life_days')
  const shares = parameters.find(({ id }) => id === 'weights')
  const weights = (shares?.roles ?? []).map((_, index) => numberOf(`weight.${index}`))
  return {
    lookback_days: numberOf('lookback_days'),
    direct: form.get(`${side}.direct`) !== null,
    ...(half_life &&
      numberOf('half_life_days') !== half_life.default && { half_life_days: numberOf('half_life_days') }),
    ...(shares && String(weights) !== String(shares.default) && { weights }),
  }
}
