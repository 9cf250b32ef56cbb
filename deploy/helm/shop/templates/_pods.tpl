{{/* What every pod has in common: nothing more than its work needs. root, name, component; user (10001), group */}}
{{- define "shop.pod" -}}
serviceAccountName: {{ .root.Release.Name }}-{{ .name }}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .root.Values.images.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: {{ .user | default 10001 }}
  runAsGroup: {{ .user | default 10001 }}
  fsGroup: {{ .user | default 10001 }}
  # A database refuses data that a group may write: only what a fresh volume holds is changed.
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: { type: RuntimeDefault }
{{- end -}}

{{- define "shop.locked" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: { drop: [ALL] }
{{- end -}}

{{/* Over the nodes that there are. root, name, component */}}
{{- define "shop.spread" -}}
topologySpreadConstraints:
  {{- $context := . }}
  {{- range .root.Values.topologyKeys }}
  - maxSkew: 1
    topologyKey: {{ . }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "shop.selector" $context | nindent 8 }}
  {{- end }}
{{- end -}}

{{/* How ours are looked at: started when settings and schema are right, ready when nobody has asked it to leave, alive
when its loop turns. A store that is away makes no pod unready. port */}}
{{- define "shop.probes" -}}
startupProbe:
  httpGet: { path: /startupz, port: {{ .port }} }
  periodSeconds: 2
  timeoutSeconds: 2
  # The first start waits for stores, their logins and the migrations: ten minutes.
  failureThreshold: 300
readinessProbe:
  httpGet: { path: /readyz, port: {{ .port }} }
  periodSeconds: 2
  timeoutSeconds: 2
  failureThreshold: 2
livenessProbe:
  httpGet: { path: /livez, port: {{ .port }} }
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 3
{{- end -}}

{{/* What a service is told. root, name; ends as a list of environment variables. */}}
{{- define "shop.environment" -}}
{{- $root := .root -}}
{{- $release := $root.Release.Name -}}
{{- $outside := $root.Values.simulators.enabled -}}
{{- $told := dict "HOST" "0.0.0.0" "PUBLIC_PORT" "8000" "INTERNAL_PORT" "8001" "WORKER_PORT" "8002" -}}
{{- $ports := dict "public" "8000" "internal" "8001" -}}
{{- range $called, $port := .service.calls -}}
{{- $_ := set $told (printf "%s_URL" (upper $called)) (printf "http://%s-%s:%s" $release $called (index $ports $port)) -}}
{{- end -}}
{{- with include "shop.collector" $root -}}
{{- $_ := set $told "TRACES_URL" (printf "http://%s" .) -}}
{{- $_ := set $told "TRACES_SHARE" (toString $root.Values.traces.share) -}}
{{- end -}}
{{- if $root.Values.door.enabled -}}{{- $_ := set $told "DEVELOPMENT_DOOR" "true" -}}{{- end -}}
{{- if eq .name "storefront" -}}
{{- $_ := set $told "API_URL" (printf "http://%s-gateway-for-pages:8081" $release) -}}
{{- $_ := set $told "PUBLIC_URL" $root.Values.publicUrl -}}
{{- if $outside -}}{{- $_ := set $told "TEST_CARDS" "true" -}}{{- end -}}
{{- end -}}
{{- if and $outside (eq .name "payment") -}}
{{- $_ := set $told "PROVIDER_URL" (printf "http://%s-psp:8000" $release) -}}
{{- $_ := set $told "RETURN_URL" (printf "%s/checkout/return" $root.Values.publicUrl) -}}
{{- end -}}
{{- if eq .name "order" -}}
{{- $host := regexReplaceAll "^https?://([^:/]+).*$" $root.Values.publicUrl "${1}" -}}
{{- $_ := set $told "RETURN_HOSTS" (concat (list $host) $root.Values.door.names | uniq | join ",") -}}
{{- end -}}
{{- if eq .name "notification" -}}
{{- $_ := set $told "SHOP_URL" $root.Values.publicUrl -}}
{{- if $outside -}}
{{- $_ := set $told "SMTP_HOST" (printf "%s-mail" $release) -}}
{{- $_ := set $told "SMTP_PORT" "2525" -}}
{{- $_ := set $told "SMTP_START_TLS" "false" -}}
{{- $_ := set $told "SMS_URL" (printf "http://%s-phone:8000" $release) -}}
{{- $_ := set $told "SMS_ACCOUNT" "ACcluster" -}}
{{- $_ := set $told "SMS_SENDER" "Mercato" -}}
{{- end -}}
{{- end -}}
{{- $name := .name -}}
{{- range $setting, $value := merge (deepCopy .service.settings) $told }}
- { name: {{ upper $name }}_{{ $setting }}, value: {{ $value | quote }} }
{{- end -}}
{{- end -}}

{{/* Where spans go, if anywhere: host:port. */}}
{{- define "shop.collector" -}}
{{- if .Values.traces.collector -}}{{ .Values.traces.collector }}
{{- else if .Values.monitoring.enabled -}}{{ .Release.Name }}-collector:4318
{{- else if .Values.door.enabled -}}{{ .Release.Name }}-spans:4318
{{- end -}}
{{- end -}}

{{/* How the simulator is called that keeps spans for whoever asks at the door: instead of a collector, or behind it.
Nothing where spans go elsewhere. */}}
{{- define "shop.spans" -}}
{{- if or .Values.monitoring.enabled (and .Values.door.enabled (not .Values.traces.collector)) -}}spans{{- end -}}
{{- end -}}

{{/* Pods are replaced when what they are told changes: the settings, and the Secret that is made here. root, reader */}}
{{- define "shop.checksums" -}}
checksum/secrets: {{ include "shop.made" .root | sha256sum | trunc 16 | quote }}
{{- end -}}
