{{/* Names and labels. A context is the root ($) or a dict with `root` and what the room needs. */}}

{{- define "shop.name" -}}{{ .Release.Name }}{{- end -}}

{{- define "shop.labels" -}}
app.kubernetes.io/name: {{ .name }}
app.kubernetes.io/component: {{ .component }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/part-of: shop
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
app.kubernetes.io/version: {{ .root.Values.images.tag | default .root.Chart.AppVersion | quote }}
helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version }}
{{- end -}}

{{/* What a selector may say: it never changes. */}}
{{- define "shop.selector" -}}
app.kubernetes.io/name: {{ .name }}
app.kubernetes.io/component: {{ .component }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- end -}}

{{/* What pods wear. No version: a database must not be started anew because the shop was. */}}
{{- define "shop.worn" -}}
{{ include "shop.selector" . }}
app.kubernetes.io/part-of: shop
{{- end -}}

{{/* image: root, name */}}
{{- define "shop.image" -}}
{{- $images := .root.Values.images -}}
{{- $digest := index $images.digests .name -}}
{{- $place := printf "%s%s/%s" $images.registry $images.repository .name -}}
{{- if $digest }}{{ $place }}@{{ $digest }}{{ else }}{{ $place }}:{{ $images.tag | default .root.Chart.AppVersion }}{{ end -}}
{{- end -}}

{{/* The Secret of a reader: made here, or by others. root, reader */}}
{{- define "shop.secret" -}}
{{- index .root.Values.secrets.existing .reader | default (printf "%s-%s" .root.Release.Name .reader) -}}
{{- end -}}

{{/* A file of monitoring/, with the names that its neighbours have in this release. root, path */}}
{{- define "shop.watched" -}}
{{- $names := "(alertmanager|prometheus|jaeger|pager|spans):([0-9])" -}}
{{- regexReplaceAll $names (.root.Files.Get .path) (printf "%s-${1}:${2}" .root.Release.Name) -}}
{{- end -}}
