"""A draft as JSON text, but for what only its dashboard decides: id, uuid and place.

Keys stand in sorted order as they are written, so the bytes are canonical; each text goes through the JSON encoder.
"""

from __future__ import annotations

from json.encoder import encode_basestring as quoted
from typing import NamedTuple

from ..spec.spec import PanelType
from . import panel_styles as styles
from .draft import Draft, Source
from .layout import HEADER_TITLE, Position

_DATASOURCE = '{"type":"prometheus","uid":"prometheus"}'


class PanelText(NamedTuple):
    """The panel's signature as `documents.panel_signature` gives it, and its JSON in the pieces between the gaps."""

    signature: bytes
    before_uuid: str
    before_place: str
    after_id: str


def place_text(position: Position) -> str:
    """Write what stands between a panel's metadata and its id."""
    height, width, x, y = position
    return f'{{"h":{height},"w":{width},"x":{x},"y":{y}}},"id":'


HEADER = PanelText(
    f'{{"datasource":"","exprs":[],"title":"{HEADER_TITLE}","type":"row","unit":""}}'.encode(),
    '{"collapsed":false,"g6_meta":{"alerts_count":0,"family":"","group":"efficiency","group_header":true,"kind":"",'
    '"metric":"","migrated_percent":null,"panel_uuid":"',
    f'","source":"{Source.CROSS_METRIC}","split_label":""}},"gridPos":',
    f',"panels":[],"title":"{HEADER_TITLE}","type":"row"}}',
)


def text_of(draft: Draft) -> PanelText:
    """Write a draft."""
    source, kind = draft.source, draft.type
    origin = draft.origin
    title, expr, family = quoted(draft.title), quoted(draft.expr), quoted(origin.family)
    description = f'"description":{quoted(origin.description)},' if origin.description else ""
    legend = f',"legendFormat":{quoted(draft.legend)}' if draft.legend else ""
    options, group, transformations = styles.OPTIONS[kind], family, ""
    if source is Source.ALERTS_AGGREGATE:
        fields, options = styles.ALERTS_FIELDS, styles.ALERTS_OPTIONS
        transformations = f'"transformations":{styles.ALERTS_TRANSFORMATIONS},'
    elif source is Source.GOVERNANCE_SUMMARY:
        fields = styles.SHARE_FIELDS
    else:
        fields = styles.field_config(kind, draft.unit)
        if source is Source.CROSS_METRIC:
            group = '"efficiency"'
        elif draft.hidden:
            transformations = f'"transformations":{styles.without(draft.hidden)},'
    migrated = "null" if draft.migrated_percent is None else draft.migrated_percent
    # A table asks for the moment alone, and for all series in one frame.
    form, ranged = (',"format":"table","instant":true', ',"range":false') if kind is PanelType.TABLE else ("", "")
    return PanelText(
        f'{{"datasource":"prometheus","exprs":[{expr}],"title":{title},"type":"{kind}",'
        f'"unit":{quoted(draft.unit)}}}'.encode(),
        f'{{"datasource":{_DATASOURCE},{description}"fieldConfig":{fields},"g6_meta":{{'
        f'"alerts_count":{origin.alerts_count},"family":{family},"group":{group},"group_header":false,'
        f'"kind":"{origin.kind}","metric":{quoted(origin.metric)},"migrated_percent":{migrated},"panel_uuid":"',
        f'","source":"{source}","split_label":{quoted(draft.split_label)}}},"gridPos":',
        f',"options":{options},"targets":[{{"datasource":{_DATASOURCE},"expr":{expr}{form}{legend}{ranged},'
        f'"refId":"A"}}],"title":{title},{transformations}"type":"{kind}"}}',
    )
