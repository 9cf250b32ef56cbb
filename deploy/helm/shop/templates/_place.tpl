{{/* Where this gateway runs, as gateway/README.md says: the services' headless names, so that each pod is seen. */}}
{{- define "shop.place" -}}
services:
  {{- range $name, $_ := .Values.services }}
  {{ $name }}: { stable: ["{{ $.Release.Name }}-{{ $name }}:8000:8001"] }
  {{- end }}
  storefront: { stable: ["{{ .Release.Name }}-storefront:8000:8001"] }
public: { at: "0.0.0.0:8080", trusted_hops: {{ .Values.gateway.trustedHops }} }
storefront: { at: "0.0.0.0:8081", trusted_hops: 1 }
metrics: "0.0.0.0:9901"
{{- if .Values.door.enabled }}
door: "{{ .Release.Name }}-door:8000"
{{- end }}
{{- with include "shop.collector" . }}
collector: {{ . | quote }}
traces_share: {{ $.Values.traces.share }}
{{- end }}
{{- with .Values.gateway.origins }}
origins: {{ toJson . }}
{{- end }}
admin: 9900
folder: /tmp/envoy
cache_folder: /tmp/cache
limits: {{ .Values.gateway.limits }}
{{- end -}}
