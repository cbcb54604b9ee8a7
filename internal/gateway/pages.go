package gateway

import (
	"encoding/json"
	"net/http"
	"runtime"
	"time"

	"github.com/cumulet/cumulet/internal/wire"
)

// Info is what the pages tell about the process.
type Info struct {
	Version string
	Mode    string // of authentication: local, audit or enforce
	Store   string // disk or memory
}

// newPages returns the platform's own pages. They answer from the moment on in which the server accepts connections,
// which is when it is ready.
func (g *Gateway) newPages(info Info, services []wire.Service) http.Handler {
	started := g.clock.Now()
	uptime := func() int64 { return int64(g.clock.Now().Sub(started) / time.Second) }
	coverage := g.coverage(services)
	states := localStates(g, services)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /_cumulet/health", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, struct {
			Status  string `json:"status"`
			Version string `json:"version"`
		}{"ok", info.Version})
	})
	mux.HandleFunc("GET /_cumulet/info", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, struct {
			Version  string            `json:"version"`
			Auth     string            `json:"auth"`
			Store    string            `json:"store"`
			Uptime   int64             `json:"uptimeSeconds"`
			Go       string            `json:"go"`
			Services []serviceCoverage `json:"services"`
		}{info.Version, info.Mode, info.Store, uptime(), runtime.Version(), coverage})
	})
	mux.HandleFunc("GET /_localstack/health", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, struct {
			Services map[string]string `json:"services"`
			Edition  string            `json:"edition"`
			Version  string            `json:"version"`
		}{states, "community", info.Version})
	})
	mux.HandleFunc("GET /_localstack/info", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, struct {
			Version   string `json:"version"`
			Edition   string `json:"edition"`
			Activated bool   `json:"is_license_activated"`
			System    string `json:"system"`
			Docker    bool   `json:"is_docker"`
			Uptime    int64  `json:"uptime"`
		}{info.Version, "community", false, runtime.GOOS + " " + runtime.GOARCH, false, uptime()})
	})
	mux.Handle("GET /metrics", g.metrics.Handler())
	return mux
}

// serviceCoverage says how much of a service is implemented.
type serviceCoverage struct {
	Service     string   `json:"service"`
	Implemented []string `json:"implemented"`
	Of          int      `json:"of"` // operations that AWS has
}

func (g *Gateway) coverage(services []wire.Service) []serviceCoverage {
	out := make([]serviceCoverage, 0, len(services))
	for _, s := range services {
		c := serviceCoverage{Service: s.ID}
		for _, op := range s.Operations {
			c.Implemented = append(c.Implemented, op.Name)
		}
		for m := range g.router.services {
			if m.ID == s.ID {
				c.Of = len(m.Operations)
			}
		}
		out = append(out, c)
	}
	return out
}

// localNames are the names under which LocalStack's clients know services, where they differ from ours.
var localNames = map[string]string{
	"eventbridge": "events", "cloudwatchlogs": "logs", "sfn": "stepfunctions",
	"cognitoidentityprovider": "cognito-idp", "iotdataplane": "iot-data",
}

// localStates returns the state of each service as LocalStack would tell it: its clients and test containers wait until
// those that they need are running.
func localStates(g *Gateway, services []wire.Service) map[string]string {
	name := func(id string) string {
		if n, ok := localNames[id]; ok {
			return n
		}
		return id
	}
	states := map[string]string{}
	for m := range g.router.services {
		states[name(m.ID)] = "disabled"
	}
	for _, s := range services {
		states[name(s.ID)] = "running"
	}
	return states
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // it fails when the client is gone
}
