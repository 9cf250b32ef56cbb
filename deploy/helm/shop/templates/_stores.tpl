{{/* A store to begin with: one server, its data in a volume. root, name, store; command, env, ports, volumes (name ->
mount path of what it writes beside its data), data (mount path), secrets (mount path), ready (a probe). */}}
{{- define "shop.store" -}}
{{- $room := dict "root" .root "name" .name "component" "store" "user" .store.user -}}
{{- $release := .root.Release.Name -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ $release }}-{{ .name }}
  labels:
    {{- include "shop.labels" $room | nindent 4 }}
automountServiceAccountToken: false
---
apiVersion: v1
kind: Service
metadata:
  name: {{ $release }}-{{ .name }}
  labels:
    {{- include "shop.labels" $room | nindent 4 }}
spec:
  clusterIP: None
  # A replica set looks for itself by this name before it is ready.
  publishNotReadyAddresses: true
  selector:
    {{- include "shop.selector" $room | nindent 4 }}
  ports:
    {{- range $port, $number := .ports }}
    - { name: {{ $port }}, port: {{ $number }} }
    {{- end }}
---
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: {{ $release }}-{{ .name }}
  labels:
    {{- include "shop.labels" $room | nindent 4 }}
spec:
  serviceName: {{ $release }}-{{ .name }}
  replicas: 1
  revisionHistoryLimit: 3
  selector:
    matchLabels:
      {{- include "shop.selector" $room | nindent 6 }}
  {{- if .store.storage }}
  # Data outlive the release: `kubectl delete pvc` takes them away.
  persistentVolumeClaimRetentionPolicy: { whenDeleted: Retain, whenScaled: Retain }
  {{- end }}
  template:
    metadata:
      labels:
        {{- include "shop.worn" $room | nindent 8 }}
    spec:
      {{- include "shop.pod" $room | nindent 6 }}
      terminationGracePeriodSeconds: 60
      containers:
        - name: {{ .name }}
          image: {{ .store.image }}
          imagePullPolicy: {{ .root.Values.images.pullPolicy }}
          {{- with .command }}
          args: {{ toJson . }}
          {{- end }}
          {{- with .env }}
          env:
            {{- range $name, $value := . }}
            - { name: {{ $name }}, value: {{ $value | quote }} }
            {{- end }}
          {{- end }}
          ports:
            {{- range $port, $number := .ports }}
            - { name: {{ $port }}, containerPort: {{ $number }} }
            {{- end }}
          startupProbe:
            {{- toYaml .ready | nindent 12 }}
            periodSeconds: 2
            timeoutSeconds: 5
            failureThreshold: 150
          readinessProbe:
            {{- toYaml .ready | nindent 12 }}
            periodSeconds: 10
            timeoutSeconds: 5
            failureThreshold: 3
          resources:
            {{- toYaml .store.resources | nindent 12 }}
          {{- include "shop.locked" .root | nindent 10 }}
          volumeMounts:
            - { name: secrets, mountPath: /run/secrets, readOnly: true }
            - { name: data, mountPath: {{ .data }} }
            {{- range $volume, $path := .volumes }}
            - { name: {{ $volume }}, mountPath: {{ $path }} }
            {{- end }}
      volumes:
        - name: secrets
          secret: { secretName: {{ include "shop.secret" (dict "root" .root "reader" .name) }}, defaultMode: 0440 }
        {{- if not .store.storage }}
        - name: data
          emptyDir: { sizeLimit: 256Mi }
        {{- end }}
        {{- range $volume, $path := .volumes }}
        - name: {{ $volume }}
          {{- if eq $path "/dev/shm" }}
          emptyDir: { medium: Memory, sizeLimit: 128Mi }
          {{- else }}
          emptyDir: { sizeLimit: 64Mi }
          {{- end }}
        {{- end }}
  {{- with .store.storage }}
  volumeClaimTemplates:
    - metadata:
        name: data
      spec:
        accessModes: [ReadWriteOnce]
        {{- with $.root.Values.stores.storageClass }}
        storageClassName: {{ . }}
        {{- end }}
        resources: { requests: { storage: {{ . }} } }
  {{- end }}
{{- end -}}
