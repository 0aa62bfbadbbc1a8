// Dashboards from a parsed metrics spec, as a Jsonnet program: the same rules, the same documents.
function(spec, plans)
  local maxCore = 24, maxEfficiency = 12, maxSplits = 2;
  local datasource = { type: 'prometheus', uid: 'prometheus' };
  local quantiles = [['0.95', 'p95'], ['0.99', 'p99']];
  local hiddenColumns = ['Time', '__name__', 'instance', 'job'];
  // Not std.findSubstr and not the operator %, which the interpreter runs a hundred times slower than what stands here.
  local has(text, part) = std.strReplace(text, part, '') != text;
  local capital(text) = std.asciiUpper(std.substr(text, 0, 1)) + std.substr(text, 1, std.length(text));

  // Words and units ---------------------------------------------------------------------------------------------------
  local stem(name) =
    local found = [s for s in ['_total', '_seconds', '_bytes', '_ratio'] if std.endsWith(name, s)];
    if std.length(found) == 0 then name else std.substr(name, 0, std.length(name) - std.length(found[0]));
  local humanise(name) = capital(std.stripChars(std.strReplace(std.strReplace(stem(name), '_', ' '), ':', ' '), ' '));
  local rateUnits = { bytes: 'Bps', decbytes: 'Bps', bits: 'bps', decbits: 'bps' };
  local rateWords = [
    ['request', 'reqps'], ['row', 'rowsps'], ['event', 'eps'], ['message', 'mps'], ['record', 'recps'],
    ['write', 'wps'], ['read', 'rps'], ['op', 'ops'], ['operation', 'ops'],
  ];
  local rateUnit(metric) =
    if std.objectHas(rateUnits, metric.unit) then rateUnits[metric.unit]
    else if std.member(['', 'short', 'none'], metric.unit) then
      local words = std.split(std.asciiLower(std.strReplace(metric.name, ':', '_')), '_');
      local found = [pair[1] for pair in rateWords if std.member(words, pair[0]) || std.member(words, pair[0] + 's')];
      if std.length(found) > 0 then found[0] else 'cps'
    else 'short';
  local together(unit) =
    if unit == 'percent' || unit == 'percentunit' then 'avg'
    else if std.startsWith(unit, 'dateTime') || std.startsWith(unit, 'bool') then 'max'
    else 'sum';
  local legendOf(labels) = std.join(' ', ['{{' + label + '}}' for label in labels]);

  // Drafts ------------------------------------------------------------------------------------------------------------
  local draft(metric, title, expr, source, unit) = {
    title: title, expr: expr, source: source, unit: unit, type: 'timeseries', legend: '', split: '', key: null,
    hidden: [], metric: metric.name, family: metric.family, kind: metric.kind, description: metric.help,
    alerts_count: std.length(metric.alerts), migrated: null,
  };
  local written(metric) = [
    draft(metric, panel.title, panel.promql, 'spec', panel.unit) {
      type: panel.panel_type,
      key: panel.key,
      legend: if panel.panel_type == 'table' then '' else legendOf(panel.shown),
      hidden: if panel.panel_type == 'table' then [c for c in hiddenColumns if !std.member(panel.shown, c)] else [],
    }
    for panel in metric.panels
  ];
  local hasRate(metric) = std.length([panel for panel in metric.panels if panel.rated == metric.name]) > 0;
  local scale(metric) = if std.startsWith(metric.unit, 'dateTime') && std.endsWith(metric.name, '_seconds') then ' * 1000' else '';
  local splits(metric) = metric.labels[:maxSplits];
  local automatic(metric) =
    local name = metric.name, words = humanise(name);
    if metric.kind == 'counter' then
      (if hasRate(metric) then [] else [
         draft(metric, words + ' rate (5m)', 'sum(rate(' + name + '[5m]))', 'auto_rate', rateUnit(metric)),
       ]) + [
        draft(metric, words + ' by ' + label, 'sum by (' + label + ') (rate(' + name + '[5m]))', 'auto_label_split', rateUnit(metric))
        { legend: legendOf([label]), split: label }
        for label in splits(metric)
      ]
    else if metric.kind == 'histogram' then [
      draft(metric, words + ' ' + q[1] + ' (5m)', name + ':' + q[1] + '_5m', 'auto_hist_quantile', metric.unit) { legend: q[1] }
      for q in quantiles
    ]
    else if std.length(metric.labels) > 0 then
      [draft(metric, words + ': top 5', 'topk(5, ' + name + ')' + scale(metric), 'auto_topk', metric.unit) { legend: legendOf(metric.labels) }] + [
        draft(metric, words + ' by ' + label, together(metric.unit) + ' by (' + label + ') (' + name + ')' + scale(metric), 'auto_label_split', metric.unit)
        { legend: legendOf([label]), split: label }
        for label in splits(metric)
      ]
    else [];
  local placeholder(metric) =
    local labels = if std.length(metric.labels) > 0 then metric.labels else ['instance'];
    draft(metric, humanise(metric.name), metric.name + scale(metric), 'placeholder', metric.unit) { legend: legendOf(labels) };
  local core(metrics) =
    local made = [automatic(m) for m in metrics];
    std.flatMap(written, metrics) + std.flattenArrays(made)
    + [
      placeholder(metrics[i])
      for i in std.range(0, std.length(metrics) - 1)
      if std.length(metrics[i].panels) == 0 && std.length(made[i]) == 0
    ];

  local relations = [
    { words: 'bytes per write', over: ['bytes'], under: ['writes', 'write', 'flushes', 'batches'], kind: 'counter', unit: 'bytes' },
    { words: 'bytes per row', over: ['bytes'], under: ['rows', 'row', 'records'], kind: 'counter', unit: 'bytes' },
    { words: 'time to drain', over: ['backlog', 'queue', 'pending'], under: ['rows', 'processed', 'drained', 'compacted', 'writes'], kind: 'gauge', unit: 's' },
  ];
  local hasWord(metric, words) = std.length([w for w in std.split(metric.name, '_') if std.member(words, w)]) > 0;
  local sharedWords(one, other) =
    local a = std.split(one, '_'), b = std.split(other, '_');
    local go(i) = if i < std.length(a) && i < std.length(b) && a[i] == b[i] then go(i + 1) else i;
    go(0);
  local partner(over, metrics, relation) =
    local found = [
      { score: sharedWords(over.name, m.name) * 10 - rank, metric: m }
      for rank in std.range(0, std.length(relation.under) - 1)
      for m in metrics
      if m.kind == 'counter' && m.name != over.name && hasWord(m, [relation.under[rank]]) && sharedWords(over.name, m.name) > 0
    ];
    std.foldl(function(best, one) if best == null || one.score > best.score then one else best, found, null);
  local cross(metrics) = std.flattenArrays([
    local found = partner(over, metrics, relation);
    if found == null then [] else
      local under = found.metric;
      local top = if over.kind == 'counter' then 'sum(rate(' + over.name + '[5m]))' else 'sum(' + over.name + ')';
      local subject = capital(std.join(' ', std.split(over.name, '_')[:sharedWords(over.name, under.name)]));
      [draft(over, subject + ': ' + relation.words, top + ' / sum(rate(' + under.name + '[5m]))', 'cross_metric', relation.unit) {
        legend: relation.words,
        description: over.name + ' over ' + under.name,
        alerts_count: std.length(over.alerts) + std.length(under.alerts),
      }]
    for relation in relations
    for over in metrics
    if over.kind == relation.kind && hasWord(over, relation.over)
  ]);
  local unique(drafts) = std.foldl(
    function(state, one)
      local key = std.toString([one.title, one.type, one.unit, one.expr]);
      if std.objectHas(state.seen, key) then state else { seen: state.seen { [key]: true }, drafts: state.drafts + [one] },
    drafts,
    { seen: {}, drafts: [] },
  ).drafts;

  // Summaries ---------------------------------------------------------------------------------------------------------
  local summary = { metric: '', family: '', kind: '', split: '', key: null, hidden: [], legend: '', unit: '', migrated: null, alerts_count: 0 };
  local alertsTable(metrics) =
    local alerts = [alert for m in metrics for alert in m.alerts];
    local quiet = std.join(' or ', [
      'label_replace(label_replace(vector(0), "alertname", "' + a.name + '", "", ""), "severity", "' + a.severity + '", "", "")'
      for a in alerts
    ]);
    if std.length(alerts) == 0 then [] else [summary {
      title: 'Alerts',
      expr: 'max by (alertname, severity) (ALERTS{alertstate="firing", alertname=~"' + std.join('|', [a.name for a in alerts]) + '"} or ' + quiet + ')',
      source: 'alerts_aggregate',
      type: 'table',
      description: 'Every alert on the metrics shown here: 1 while it fires',
      alerts_count: std.length(alerts),
    }];
  local everything = [m for family in std.objectFields(spec.families) for m in spec.families[family]];
  local governance =
    local histograms = std.sort([m.name for m in everything if m.kind == 'histogram']);
    local wanted = [name + ':' + q + '_5m' for name in histograms for q in ['p95', 'p99']];
    local promqls = [p.promql for m in everything for p in m.panels];
    local raw = std.length([q for q in promqls if has(q, 'histogram_quantile(')]);
    local recorded = std.length([q for q in promqls if has(q, ':p95_5m') || has(q, ':p99_5m')]) + 2 * std.length(histograms);
    local none = std.length(histograms) == 0;
    [summary {
      title: 'Recording rules in place',
      expr: if none then 'vector(100)'
      else '100 * (count(count by (__name__) ({__name__=~"' + std.join('|', wanted) + '"})) or vector(0)) / ' + std.length(wanted),
      legend: 'in place',
      source: 'governance_summary',
      unit: 'percent',
      type: 'stat',
      description: if none then 'The spec has no histogram and so asks for no recording rule'
      else 'Of ' + std.length(wanted) + ' recording rules for quantiles, the share that Prometheus has',
      migrated: if raw + recorded == 0 then 100 else std.round(1000 * recorded / (raw + recorded)) / 10,
    }];

  // Layout ------------------------------------------------------------------------------------------------------------
  local wide(d) = std.member(['alerts_aggregate', 'governance_summary'], d.source) || d.type == 'table';
  local columns(drafts, y) = std.mapWithIndex(
    function(i, d)
      local alone = i % 2 == 0 && i == std.length(drafts) - 1;
      { draft: d, gridPos: { h: 8, w: if alone then 24 else 12, x: if i % 2 == 0 then 0 else 12, y: y + 8 * std.floor(i / 2) } },
    drafts,
  );
  local place(drafts) =
    local high(d) = if d.source == 'alerts_aggregate' then std.min(8, 3 + d.alerts_count) else if d.source == 'governance_summary' then 4 else 8;
    local top = std.foldl(
      function(state, d) { y: state.y + high(d), placed: state.placed + [{ draft: d, gridPos: { h: high(d), w: 24, x: 0, y: state.y } }] },
      [d for d in drafts if wide(d)],
      { y: 0, placed: [] },
    );
    local middle = [d for d in drafts if !wide(d) && d.source != 'cross_metric'];
    local efficiency = [d for d in drafts if !wide(d) && d.source == 'cross_metric'];
    local below = top.y + 8 * std.ceil(std.length(middle) / 2);
    top.placed + columns(middle, top.y)
    + (if std.length(efficiency) == 0 then [] else [{ draft: null, gridPos: { h: 1, w: 24, x: 0, y: below } }] + columns(efficiency, below + 1));

  // Panels ------------------------------------------------------------------------------------------------------------
  local reduce = { calcs: ['lastNotNull'], fields: '', values: false };
  local options = {
    timeseries: {
      legend: { calcs: [], displayMode: 'list', placement: 'bottom', showLegend: true },
      tooltip: { mode: 'multi', sort: 'desc' },
    },
    table: { cellHeight: 'sm', showHeader: true },
    stat: { colorMode: 'value', graphMode: 'area', reduceOptions: reduce, textMode: 'auto' },
    gauge: { orientation: 'auto', reduceOptions: reduce },
    bargauge: { orientation: 'auto', reduceOptions: reduce },
  };
  local custom = {
    timeseries: { drawStyle: 'line', fillOpacity: 10, lineInterpolation: 'linear', lineWidth: 1, showPoints: 'never', spanNulls: false },
    table: { align: 'auto' },
    stat: {},
    gauge: {},
    bargauge: {},
  };
  local alertsDress = {
    defaults: {
      color: { mode: 'thresholds' },
      custom: { align: 'auto' },
      mappings: [{ type: 'value', options: { '0': { text: 'quiet', color: 'green', index: 0 }, '1': { text: 'firing', color: 'red', index: 1 } } }],
      thresholds: { mode: 'absolute', steps: [{ color: 'green', value: null }, { color: 'red', value: 1 }] },
    },
    overrides: [{ matcher: { id: 'byName', options: 'State' }, properties: [{ id: 'custom.cellOptions', value: { type: 'color-text' } }] }],
    options: { cellHeight: 'sm', showHeader: true, sortBy: [{ desc: true, displayName: 'State' }] },
    transformations: [{
      id: 'organize',
      options: {
        excludeByName: { Time: true },
        indexByName: { alertname: 0, severity: 1, Value: 2 },
        renameByName: { alertname: 'Alert', severity: 'Severity', Value: 'State' },
      },
    }],
  };
  local shareSteps = [{ color: 'red', value: null }, { color: 'yellow', value: 50 }, { color: 'green', value: 100 }];
  local bounds(d) =
    if std.startsWith(d.unit, 'bool') then { decimals: 0, min: 0, max: 1 }
    else if d.type != 'gauge' && d.type != 'bargauge' then {}
    else if d.unit == 'percent' then { min: 0, max: 100 }
    else if d.unit == 'percentunit' then { min: 0, max: 1 }
    else {};
  local defaults(d) =
    (if d.source == 'governance_summary' then
       { color: { mode: 'thresholds' }, decimals: 0, min: 0, max: 100, thresholds: { mode: 'absolute', steps: shareSteps } }
     else { color: { mode: 'palette-classic' } } + bounds(d))
    + { custom: custom[d.type], mappings: [] }
    + (if d.unit != '' then { unit: d.unit } else {});
  local target(d) = { datasource: datasource, expr: d.expr, refId: 'A' }
    + (if d.type == 'table' then { format: 'table', instant: true, range: false } else {})
    + (if d.legend != '' then { legendFormat: d.legend } else {});
  local headerSignature = '{"datasource":"","exprs":[],"title":"Efficiency","type":"row","unit":""}';
  local signature(d) = std.manifestJsonMinified({ datasource: 'prometheus', exprs: [d.expr], title: d.title, type: d.type, unit: d.unit });
  local panel(slug, placed, id, digest) =
    local d = placed.draft;
    if d == null then {
      collapsed: false,
      g6_meta: {
        alerts_count: 0, family: '', group: 'efficiency', group_header: true, kind: '', metric: '', migrated_percent: null,
        panel_uuid: std.substr(digest, 0, 16), source: 'cross_metric', split_label: '',
      },
      gridPos: placed.gridPos, id: id, panels: [], title: 'Efficiency', type: 'row',
    } else
      local alerts = d.source == 'alerts_aggregate';
      {
        datasource: datasource,
        fieldConfig: if alerts then { defaults: alertsDress.defaults, overrides: alertsDress.overrides } else { defaults: defaults(d), overrides: [] },
        g6_meta: {
          alerts_count: d.alerts_count, family: d.family, group: if d.source == 'cross_metric' then 'efficiency' else d.family,
          group_header: false, kind: d.kind, metric: d.metric,
          panel_uuid: if d.key == null then std.substr(digest, 0, 16) else std.substr(std.sha256(slug + d.key), 0, 16),
          source: d.source, split_label: d.split, migrated_percent: d.migrated,
        },
        gridPos: placed.gridPos,
        id: id,
        options: if alerts then alertsDress.options else options[d.type],
        targets: [target(d)],
        title: d.title,
        type: d.type,
      }
      + (if d.description != '' then { description: d.description } else {})
      + (if alerts then { transformations: alertsDress.transformations }
         else if std.length(d.hidden) > 0 then { transformations: [{ id: 'organize', options: { excludeByName: { [c]: true for c in d.hidden } } }] }
         else {});
  local numbered(slug, placed) = std.foldl(
    function(state, one)
      local digest = std.sha256(slug + ':' + (if one.draft == null then headerSignature else signature(one.draft)));
      local first = std.parseHex(std.substr(digest, 0, 8));
      local free(n) = if std.objectHas(state.taken, '' + n) then free(n + 1) else n;
      local id = free(if first == 0 then std.parseHex(std.substr(digest, 8, 8)) else first);
      { taken: state.taken { ['' + id]: true }, panels: state.panels + [panel(slug, one, id, digest)] },
    placed,
    { taken: {}, panels: [] },
  ).panels;

  // Dashboards --------------------------------------------------------------------------------------------------------
  local dashboard(plan) =
    local metrics = [m for f in plan.families if std.objectHas(spec.families, f) for m in spec.families[f]];
    local efficiency = if std.member(['panels_efficiency', 'column_store', 'lifecycle_storage'], plan.slug)
    then unique(cross(metrics))[:maxEfficiency] else [];
    local drafts = alertsTable(metrics) + (if plan.slug == 'governance' then governance else [])
                   + unique(core(metrics))[:maxCore] + efficiency;
    local alerts = [d for d in drafts if d.source == 'alerts_aggregate'];
    {
      annotations: { list: [] }, description: plan.description, editable: false,
      g6_meta: {
        alerts_count: if std.length(alerts) > 0 then alerts[0].alerts_count else 0,
        alerts_panel: std.length(alerts) > 0,
        description: plan.description,
        enriched: std.length([d for d in drafts if d.source != 'spec' && d.source != 'placeholder']) > 0,
        families: plan.families,
        generator_version: '1',
        placeholder_panels: std.length([d for d in drafts if d.source == 'placeholder']),
        spec_hash: spec.hash,
      },
      graphTooltip: 1, links: [], panels: numbered(plan.slug, place(drafts)), refresh: plan.refresh, schemaVersion: 41,
      tags: plan.tags, templating: { list: [] }, time: { from: plan.time, to: 'now' }, timepicker: {}, timezone: 'browser',
      title: plan.title, uid: plan.uid,
    };
  [dashboard(plan) for plan in plans]
