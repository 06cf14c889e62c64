// What is chosen in a viewer.

class Selection {
  /** `subjects` and `methods` as the page describes them. Begins at the first mark of the method, where the subject begins. */
  constructor({ subjects, methods, first }) {
    Object.assign(this, { subjects, methods, subjectAt: 0, planeAt: 0, base: "scan" });
    this.methodAt = Math.max(0, methods.findIndex(({ id }) => id === first));
    this.stop = this.marks[0];
    this.cross = this.subject.start;
  }

  get subject() {
    return this.subjects[this.subjectAt];
  }

  get method() {
    return this.methods[this.methodAt];
  }

  get plane() {
    return PLANES[this.planeAt];
  }

  /** What the method makes of the subject. */
  get result() {
    return this.subject.results[this.methodAt];
  }

  /** Stops of the method's own thresholds. */
  get marks() {
    return this.method.marks;
  }

  get threshold() {
    return this.method.stops[this.stop];
  }

  /** Moves the crosshair along the axis of a plane, to a slice of the whole grid. */
  chooseSlice(plane, slice) {
    const { first, stride } = this.subject.crop;
    this.cross = this.cross.with(plane.through, (slice - first[plane.through]) / stride);
  }
}
