package main

import (
	"encoding/json"
	"strconv"
	"strings"
)

// object is a JSON object; its keys are written in alphabetical order.
type object map[string]any

func (o object) withoutEmpty() object {
	for key, value := range o {
		if value == "" {
			delete(o, key)
		}
	}
	return o
}

// seconds is a number of milliseconds written as Python writes seconds: 412 is 0.412.
func seconds(milliseconds int64) json.Number {
	return json.Number(strconv.FormatFloat(float64(milliseconds)/1000, 'f', -1, 64))
}

// class is a processor without its counter.
func class(processor string) string {
	name, _, _ := strings.Cut(processor, "#")
	return name
}

// wait lets some time pass and returns how much, in milliseconds.
func (c *call) wait(least, most int64) int64 {
	passed := c.between(least, most)
	c.now += passed
	return passed
}

// send writes a message of this moment.
func (c *call) send(content object) {
	if c.first == 0 {
		c.first = c.now
	}
	content["call_id"] = c.id
	content["timestamp"] = seconds(c.now)
	c.messages = append(c.messages, message{c.now, mustJSON(content, "")})
}

// say sends a typed frame (format 5).
func (c *call) say(frameType string, content object) {
	content["type"] = frameType
	if c.numbered {
		c.frames += 3 // other frames, which nobody sends, have taken the ids between
		content["id"] = c.frames
	}
	c.send(content)
}

// record sends an observer record (format 4).
func (c *call) record(kind string, content object) {
	content["kind"] = kind
	c.send(content)
}

func (c *call) speech(frameType, kind string) {
	if c.records {
		c.record(kind, object{})
	} else {
		c.say(frameType, object{})
	}
}

func (c *call) metrics(data ...object) { c.say("MetricsFrame", object{"data": data}) }

// datum is an entry of a MetricsFrame.
func datum(dataType string, by service, value any) object {
	d := object{"type": dataType, "processor": by.processor, "value": value}
	if !by.silent {
		d["model"] = by.model
	}
	return d
}

// of is the fields of a record that say whose it is.
func of(by service, fields object) object {
	fields["processor"], fields["model"] = by.processor, by.model
	return fields
}
