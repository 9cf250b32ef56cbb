{{/* Whoever answers requests: an account, a headless Service, the Deployment with its scaling and budget.
root, name, component, service, module, resources */}}
{{- define "shop.answering" -}}
{{- $me := . }}
{{- $root := .root }}
{{- $name := .name }}
{{- $replicas := int $root.Values.replicas }}
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ $root.Release.Name }}-{{ $name }}
  labels:
    {{- include "shop.labels" $me | nindent 4 }}
automountServiceAccountToken: false
---
# Headless: the gateway sees every pod, and weighs, ejects and retries by itself.
apiVersion: v1
kind: Service
metadata:
  name: {{ $root.Release.Name }}-{{ $name }}
  labels:
    {{- include "shop.labels" $me | nindent 4 }}
spec:
  clusterIP: None
  selector:
    {{- include "shop.selector" $me | nindent 4 }}
  ports:
    - { name: public, port: 8000, targetPort: public }
    - { name: internal, port: 8001, targetPort: internal }
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ $root.Release.Name }}-{{ $name }}
  labels:
    {{- include "shop.labels" $me | nindent 4 }}
spec:
  {{- if not $root.Values.autoscaling.enabled }}
  replicas: {{ $replicas }}
  {{- end }}
  revisionHistoryLimit: 3
  # Nobody leaves before his successor is known: the cluster's names are up to 5 s old, the gateway's 2 s more.
  minReadySeconds: 10
  selector:
    matchLabels:
      {{- include "shop.selector" $me | nindent 6 }}
  strategy:
    type: RollingUpdate
    rollingUpdate: { maxUnavailable: 0, maxSurge: 1 }
  template:
    metadata:
      labels:
        {{- include "shop.worn" $me | nindent 8 }}
      annotations:
        {{- include "shop.checksums" $me | nindent 8 }}
    spec:
      {{- include "shop.pod" $me | nindent 6 }}
      {{- include "shop.spread" $me | nindent 6 }}
      # It serves on for 5 s after SIGTERM, while it is unready, and finishes what it has begun within 20.
      terminationGracePeriodSeconds: 45
      containers:
        - name: {{ .component }}
          image: {{ include "shop.image" $me }}
          imagePullPolicy: {{ $root.Values.images.pullPolicy }}
          command: [python, -m, {{ .module }}]
          env:
            {{- include "shop.environment" $me | trim | nindent 12 }}
          ports:
            - { name: public, containerPort: 8000 }
            - { name: internal, containerPort: 8001 }
          {{- include "shop.probes" (dict "port" "internal") | nindent 10 }}
          resources:
            {{- toYaml .resources | nindent 12 }}
          {{- include "shop.locked" $root | nindent 10 }}
          volumeMounts:
            - { name: secrets, mountPath: /run/secrets, readOnly: true }
            - { name: tmp, mountPath: /tmp }
      volumes:
        - name: secrets
          secret: { secretName: {{ include "shop.secret" (dict "root" $root "reader" $name) }}, defaultMode: 0440 }
        - name: tmp
          emptyDir: { sizeLimit: 64Mi }
{{- if $root.Values.autoscaling.enabled }}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {{ $root.Release.Name }}-{{ $name }}
  labels:
    {{- include "shop.labels" $me | nindent 4 }}
spec:
  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: {{ $root.Release.Name }}-{{ $name }} }
  minReplicas: {{ $replicas }}
  maxReplicas: {{ $root.Values.autoscaling.most }}
  metrics:
    - type: Resource
      resource: { name: cpu, target: { type: Utilization, averageUtilization: {{ $root.Values.autoscaling.cpuPercent }} } }
  behavior:
    scaleUp:
      stabilizationWindowSeconds: {{ $root.Values.autoscaling.scaleUpSeconds }}
      policies: [{ type: Pods, value: 2, periodSeconds: 30 }]
    scaleDown:
      stabilizationWindowSeconds: {{ $root.Values.autoscaling.scaleDownSeconds }}
      policies: [{ type: Pods, value: 1, periodSeconds: 60 }]
{{- end }}
{{- if gt $replicas 1 }}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ $root.Release.Name }}-{{ $name }}
  labels:
    {{- include "shop.labels" $me | nindent 4 }}
spec:
  minAvailable: 1
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      {{- include "shop.selector" $me | nindent 6 }}
{{- end }}
{{- end -}}
